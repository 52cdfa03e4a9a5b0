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
        let columns = [Self.rounded(nanoseconds, 1), Self.rounded(allocations, 4), Self.rounded(octets, 1)]
        return "\(name)\t\(queries)\t" + columns.joined(separator: "\t")
    }

    private static func rounded(_ value: Double, _ places: Int) -> String {
        let scale = (0..<places).reduce(1.0) { product, _ in product * 10 }
        return "\((value * scale).rounded() / scale)"
    }
}
