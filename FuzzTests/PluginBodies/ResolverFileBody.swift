import DNSServer
import FuzzBodies

@testable import Plugins

extension FuzzBody {
    /// A file of name servers gives few addresses, each once, which print as texts that give them again.
    static let resolverFile = FuzzBody(name: "FuzzResolverFile") { octets in
        let file = ResolverFile(parsing: octets)
        guard file == ResolverFile(parsing: octets) else { return "read differently the second time" }
        guard file.servers.count <= ResolverFile.maximumServers else { return "\(file.servers.count) servers" }
        guard file.servers.count == Set(file.servers).count else { return "a server twice" }
        guard file.rejected.count <= 3, file.rejected.allSatisfy({ $0.utf8.count <= 768 }) else {
            return "a long complaint"
        }
        let text = file.servers.map { "nameserver \(address($0))\n" }.joined()
        let again = ResolverFile(parsing: Array(text.utf8))
        guard again.servers == file.servers, again.rejected.isEmpty else { return "printed as\n\(text)" }
        // Comments and what says nothing to a forwarder change nothing.
        let longer = ResolverFile(parsing: Array("; a\nsearch nameserver 192.0.2.1\n#\n".utf8) + octets)
        return longer == file ? nil : "lines that say nothing change it"
    }

    private static func address(_ server: SocketAddress) -> String {
        server.interfaceIndex == 0 ? server.host : "\(server.host)%\(server.interfaceIndex)"
    }
}
