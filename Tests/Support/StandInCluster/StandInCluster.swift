import ArgumentParser
import StandInAPIServer

/// A cluster that is made up, of any size, behind a stand-in of its API server: for benchmarks and tests only.
///
/// The first line it prints is its port. Then it reads commands, one a line, and answers each with a line (see ``Command``). It ends
/// with its standard input.
@main
struct StandInCluster: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stand-in-cluster",
        abstract: "Serves the API of a made-up Kubernetes cluster on 127.0.0.1, for benchmarks and tests.",
        discussion: Command.help)

    @Option(help: "How many services there are.")
    var services = 1000

    @Option(help: "How many endpoints each has, in one EndpointSlice.")
    var endpointsPerService = 10

    @Option(help: "How many namespaces they are spread over.")
    var namespaces = 100

    @Option(help: "How many in a hundred services are headless.")
    var headlessShare = 10

    @Option(help: "What the random changes begin from.")
    var seed: UInt64 = 1

    @Option(help: "The port; any free one when it is 0.")
    var port = 0

    @Flag(help: "Serves objects as JSON alone, as an API server does that has no protobuf.")
    var json = false

    func validate() throws {
        guard (1...1_000_000).contains(services) else { throw ValidationError("--services takes 1 to 1000000") }
        guard (0...1000).contains(endpointsPerService), services * endpointsPerService <= 4_000_000 else {
            throw ValidationError("--endpoints-per-service takes 0 to 1000, and 4000000 in all")
        }
        guard (1...10_000).contains(namespaces) else { throw ValidationError("--namespaces takes 1 to 10000") }
        guard (0...100).contains(headlessShare) else { throw ValidationError("--headless-share takes 0 to 100") }
        guard (0...65_535).contains(port) else { throw ValidationError("--port takes 0 to 65535") }
    }

    func run() async throws {
        let shape = ClusterShape(
            services: services, endpointsPerService: endpointsPerService, namespaces: namespaces,
            headlessShare: headlessShare)
        let server = try StandInAPIServer(historyLimit: 4000)
        let cluster = Cluster(shape, server: server, seed: seed)
        try await cluster.create()
        server.supportsProtobuf = !json
        if !json { server.writeProtobuf() }
        StandardLines.print(String(try await server.start(port: port)))
        let session = Session(cluster: cluster, server: server)
        for await line in StandardLines.input() { await session.perform(line) }
        await server.stop()
    }
}
