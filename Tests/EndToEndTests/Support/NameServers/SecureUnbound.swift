import Foundation
import TestSupport

/// Unbound with a zone of its own, which answers over TLS and HTTPS on 127.0.0.1; it asks nobody.
final class Unbound: Sendable {
    /// Where the program lies; nil where it is not installed.
    static let program = Command.path(of: "unbound") ?? ["/usr/sbin/unbound"].first(where: isExecutable)

    private static func isExecutable(_ path: String) -> Bool {
        FileManager.default.isExecutableFile(atPath: path)
    }

    let certificates: CertificateFolder
    let tlsPort: Int
    let httpsPort: Int
    private let process: Process

    /// Runs `body` with a server, on the ports of `former` if there was one, and ends it whatever happens.
    static func run<Result>(
        after former: Unbound? = nil, _ body: (Unbound) async throws -> Result
    ) async throws -> Result {
        let server = try Unbound(after: former)
        do {
            try await server.waitUntilListening()
            let result = try await body(server)
            await server.end()
            return result
        } catch {
            await server.end()
            throw error
        }
    }

    private init(after former: Unbound?) throws {
        certificates = try former?.certificates ?? CertificateFolder()
        if former == nil { try certificates.makeCertificate("server", for: "DNS:dns.test") }
        tlsPort = try former?.tlsPort ?? FreePort.take()
        httpsPort = try former?.httpsPort ?? FreePort.take()
        process = Process()
        let file = certificates.path("unbound.conf")
        try Data(configuration.utf8).write(to: URL(filePath: file))
        process.executableURL = URL(filePath: Self.program ?? "")
        process.arguments = ["-d", "-c", file]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    private var configuration: String {
        let long = (1...200).map { "    local-data: \"long.dns.test. 60 IN A 192.0.2.\($0)\"" }.joined(separator: "\n")
        return """
            server:
                interface: 127.0.0.1@\(tlsPort)
                interface: 127.0.0.1@\(httpsPort)
                tls-port: \(tlsPort)
                https-port: \(httpsPort)
                tls-service-key: "\(certificates.path("server.key"))"
                tls-service-pem: "\(certificates.path("server.crt"))"
                username: ""
                chroot: ""
                directory: "\(certificates.path)"
                pidfile: ""
                use-syslog: no
                logfile: "\(certificates.path("log"))"
                do-daemonize: no
                local-zone: "dns.test." static
                local-data: "one.dns.test. 60 IN A 192.0.2.1"
                local-data: "two.dns.test. 60 IN AAAA 2001:db8::2"
            \(long)
            remote-control:
                control-enable: no
            """
    }

    private func waitUntilListening() async throws {
        for port in [tlsPort, httpsPort] {
            try await wait(for: "unbound on port \(port)", log: { log }) {
                guard process.isRunning else { throw OutOfPatience(description: "unbound has ended\n\(log)") }
                return (try? LoopbackSocket(.stream, connectedTo: port)) != nil
            }
        }
    }

    /// What it has written.
    var log: String {
        (try? String(contentsOf: URL(filePath: certificates.path("log")), encoding: .utf8)) ?? ""
    }

    func end() async {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        try? await wait(for: "the end of unbound") { !process.isRunning }
    }
}
