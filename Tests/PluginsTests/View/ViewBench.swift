import DNSWire
import Telemetry
import Testing

@testable import DNSServer
@testable import Plugins

/// The blocks of a Corefile, of which queries choose one.
final class ViewBench {
    let metrics = MetricsRegistry()
    let worker: Worker
    let configuration: DNSServer.Configuration
    let table: BlockTable
    private let server: Server

    init(_ corefile: String, _ plugins: [PluginDefinition] = PluginOrder.definitions) throws {
        let file = try TemporaryFile(corefile)
        let options = Server.Options(corefilePath: file.path, environment: [:], workers: 1, plugins: plugins)
        server = try Server(options: options, metrics: metrics)
        worker = server.workers[0]
        configuration = try DNSServer.Configuration(options: options, metrics: metrics, server: server, after: nil)
        table = configuration.table(for: try #require(configuration.addresses.first), worker)
    }

    /// Blocks for the root zone, each with a view of one condition, and its number for a name.
    convenience init(conditions: [String]) throws {
        try self.init(
            conditions.enumerated().map { ". {\nview \($0) {\nexpr \($1)\n}\nwhoami\n}\n" }.joined())
    }

    func query(
        _ name: String = "a.example.org", _ type: RecordType = .A, recordClass: RecordClass = .IN, edns: EDNS? = nil,
        client: String = "192.0.2.1", transport: Query.Transport = .udp
    ) throws -> Query {
        let query = Query(worker: worker)
        query.client = try #require(SocketAddress(client, port: 4_242))
        query.listeningAddress = try #require(SocketAddress("192.0.2.53", port: 5_353))
        query.transport = transport
        let message = Message(
            id: 77, asking: Question(try Name(parsing: name), type, recordClass: recordClass), edns: edns
        ).encoded()
        query.take(message.span)
        #expect(query.admit() == .admitted)
        return query
    }

    /// The view of the block that takes `query`; empty for a block without one, nil when none takes it.
    func view(for query: Query) -> String? {
        table.chain(for: query)?.object.block.identity.viewName
    }
}
