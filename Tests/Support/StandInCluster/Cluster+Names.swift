import Foundation

/// What can be asked about the cluster.
extension Cluster {
    /// Writes a question a line, `NAME TYPE`: of all services and namespaces there have been, of the endpoints, and of addresses.
    ///
    /// - Returns: how many.
    func writeQuestions(to path: String) throws -> Int {
        var lines: [String] = []
        for number in 0..<shape.namespaces {
            lines += ["ns-\(number).svc.cluster.local. A", "10-1-2-3.ns-\(number).pod.cluster.local. A"]
        }
        for service in services { questions(about: service, &lines) }
        for address in retired { lines.append("\(Address.reverse(address)) PTR") }
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: path))
        return lines.count
    }

    private func questions(about service: ServiceState, _ lines: inout [String]) {
        let domain = shape.domain(of: service.number)
        lines += ["\(domain) A", "\(domain) AAAA", "\(domain) SRV", "_p0._tcp.\(domain) SRV", "_p1._tcp.\(domain) SRV"]
        let address = 0x0A60_0000 + UInt32(clamping: service.number) + 1
        lines.append("\(Address.reverse(address)) PTR")
        for slice in service.slices where !slice.isIPv6 {
            for endpoint in slice.endpoints {
                let label = forms.hostName(endpoint, of: service) ?? Address.text(endpoint.address, separator: "-")
                lines += ["\(label).\(domain) A", "\(Address.reverse(endpoint.address)) PTR"]
            }
        }
    }
}
