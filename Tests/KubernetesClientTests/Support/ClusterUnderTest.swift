import AsyncHTTPClient
import Foundation
import KubernetesClient
import NIOCore
import NIOHTTP1
import NIOSSL
import StandInAPIServer

/// A cluster that tests can change: a real API server where its programs are there, else the stand-in.
protocol ClusterUnderTest: Sendable {
    /// How to reach it.
    var access: ClusterAccess { get }

    /// Creates an object in a collection, `/api/v1/namespaces/x/services`.
    func create(_ json: String, in path: String) async throws
    /// Replaces an object.
    func replace(_ json: String, in path: String, name: String) async throws
    /// Deletes an object.
    func delete(_ path: String, name: String) async throws
    func stop() async
}

/// Makes the cluster that the environment asks for.
///
/// With `KUBEBUILDER_ASSETS` naming a folder with `kube-apiserver` and `etcd` it is a real one.
func makeCluster() async throws -> any ClusterUnderTest {
    guard let folder = ProcessInfo.processInfo.environment["KUBEBUILDER_ASSETS"], !folder.isEmpty else {
        print("KUBEBUILDER_ASSETS is not set: the tests of a real API server run against the stand-in")
        return try await StandInCluster()
    }
    return try await RealCluster(folder: folder)
}

/// The stand-in as a cluster.
struct StandInCluster: ClusterUnderTest {
    let access: ClusterAccess
    private let server: StandInAPIServer

    init() async throws {
        server = try StandInAPIServer()
        let port = try await server.start()
        access = ClusterAccess(server: ServerAddress(isSecure: false, host: "127.0.0.1", port: UInt16(port)))
    }

    func create(_ json: String, in path: String) async throws { try server.apply(json) }
    func replace(_ json: String, in path: String, name: String) async throws { try server.apply(json) }

    func delete(_ path: String, name: String) async throws {
        let parts = path.split(separator: "/")
        guard let place = parts.firstIndex(of: "namespaces"), place + 1 < parts.count else { return }
        let namespace = String(parts[place + 1])
        server.delete(path.replacing("/namespaces/\(namespace)/", with: "/"), namespace: namespace, name: name)
    }

    func stop() async { await server.stop() }
}

/// A real API server with its store, in a folder of its own.
final class RealCluster: ClusterUnderTest {
    let access: ClusterAccess
    private let files: TestCertificates
    private let processes: [Process]
    private let http: HTTPClient
    private let url: String
    private static let token = "needletail-test-token"

    init(folder: String) async throws {
        files = try TestCertificates()
        let ports = try Self.freePorts(3)
        url = "https://127.0.0.1:\(ports[2])"
        try files.directory.write("tokens.csv", "\(Self.token),admin,1,\"system:masters\"\n")
        let store = "http://127.0.0.1:\(ports[0])"
        let peer = "http://127.0.0.1:\(ports[1])"
        let etcd = try Self.start(
            "\(folder)/etcd",
            [
                "--data-dir=\(files.path("etcd"))", "--listen-client-urls=\(store)", "--advertise-client-urls=\(store)",
                "--listen-peer-urls=\(peer)", "--initial-advertise-peer-urls=\(peer)",
                "--initial-cluster=default=\(peer)", "--unsafe-no-fsync",
            ], log: files.path("etcd.log"))
        let server = try Self.start(
            "\(folder)/kube-apiserver",
            [
                "--etcd-servers=\(store)", "--bind-address=127.0.0.1", "--secure-port=\(ports[2])",
                "--cert-dir=\(files.directory.path)", "--tls-cert-file=\(files.path("server.crt"))",
                "--tls-private-key-file=\(files.path("server.key"))", "--client-ca-file=\(files.path("ca.crt"))",
                "--token-auth-file=\(files.path("tokens.csv"))", "--authorization-mode=RBAC",
                "--service-account-issuer=\(url)", "--service-account-key-file=\(files.path("stranger.key"))",
                "--service-account-signing-key-file=\(files.path("stranger.key"))",
                "--service-cluster-ip-range=10.0.0.0/16", "--allow-privileged=true",
                "--disable-admission-plugins=ServiceAccount,NamespaceLifecycle",
            ], log: files.path("apiserver.log"))
        processes = [server, etcd]
        var access = try ClusterAccess.endpoint(url: url, authority: files.path("ca.crt"))
        access.credential = .token(Self.token)
        self.access = access
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .file(files.path("ca.crt"))
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: .init(tlsConfiguration: tls))
        try await waitUntilReady()
    }

    private static func start(_ program: String, _ arguments: [String], log: String) throws -> Process {
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        let output = try FileHandle(forWritingTo: URL(filePath: log))
        process.standardOutput = output
        process.standardError = output
        try process.run()
        return process
    }

    /// Ports that nobody listens on at this moment.
    private static func freePorts(_ count: Int) throws -> [Int] {
        let sockets = (0..<count).map { _ in socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
        defer { for descriptor in sockets { close(descriptor) } }
        return try sockets.map { descriptor in
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                    unsafe bind(descriptor, pointer, length) + getsockname(descriptor, pointer, &length)
                }
            }
            guard result == 0 else { throw CocoaError(.executableLoad) }
            return Int(UInt16(bigEndian: address.sin_port))
        }
    }

    private func waitUntilReady() async throws {
        for _ in 0..<600 {
            if (try? await send(.GET, "/readyz")) != nil { return }
            guard processes.allSatisfy(\.isRunning) else { break }
            // The program says nothing when it is ready; it has to be asked.
            try await Task.sleep(for: .milliseconds(100))
        }
        let log = String(decoding: try files.directory.read("apiserver.log").suffix(4000), as: UTF8.self)
        await stop()
        throw NotReady(log: log)
    }

    struct NotReady: Error {
        var log: String
    }

    struct Refused: Error {
        var status: UInt
        var body: String
    }

    @discardableResult
    private func send(_ method: HTTPMethod, _ path: String, _ json: String? = nil) async throws -> String {
        var request = HTTPClientRequest(url: url + path)
        request.method = method
        request.headers.add(name: "Authorization", value: "Bearer \(Self.token)")
        request.headers.add(name: "Content-Type", value: "application/json")
        if let json { request.body = .bytes(ByteBuffer(string: json)) }
        let response = try await http.execute(request, timeout: .seconds(10))
        let body = String(buffer: try await response.body.collect(upTo: 1 << 20))
        guard response.status.code < 300 else { throw Refused(status: response.status.code, body: body) }
        return body
    }

    func create(_ json: String, in path: String) async throws { try await send(.POST, path, json) }

    func replace(_ json: String, in path: String, name: String) async throws {
        try await send(.PUT, "\(path)/\(name)", json)
    }

    func delete(_ path: String, name: String) async throws { try await send(.DELETE, "\(path)/\(name)") }

    func stop() async {
        try? await http.shutdown()
        for process in processes where process.isRunning {
            process.terminate()
            process.waitUntilExit()
        }
    }
}
