/// What a replay has shown.
struct Figures: Sendable {
    let name: String
    let queries: Int
    /// Of a query, the played kernel's own included.
    let nanoseconds: Double
    let allocations: Double
    /// Octets of a reply.
    let octets: Double

    /// The heading of ``line``.
    static let heading = "shape\tqueries\tns/query\tallocations/query\toctets/reply"

    /// Columns parted by tabulators.
    var line: String {
        let columns = [rounded(nanoseconds, 1), rounded(allocations, 4), rounded(octets, 1)]
        return "\(name)\t\(queries)\t" + columns.joined(separator: "\t")
    }
}

/// What one operation of the micro-benchmarks costs.
struct Cost: Sendable {
    let name: String
    /// Nanoseconds, the median of all rounds and the least of them.
    let median: Double
    let least: Double
    let allocations: Double

    /// The heading of ``line``.
    static let heading = "operation\tns\tleast ns\tallocations"

    /// Columns parted by tabulators.
    var line: String { "\(name)\t\(rounded(median, 1))\t\(rounded(least, 1))\t\(rounded(allocations, 4))" }
}

private func rounded(_ value: Double, _ places: Int) -> String {
    let scale = (0..<places).reduce(1.0) { product, _ in product * 10 }
    return "\((value * scale).rounded() / scale)"
}
