import DNSWire
import TestSupport

/// Unbound with a zone of its own, which answers over TLS and HTTPS as well; it asks nobody.
struct SecureUnbound: Sendable {
    static let program = NameServerProgram.unbound

    let certificates: CertificateFolder
    let tlsPort: Int
    let httpsPort: Int
    let server: NameServer

    /// Runs `body` with a server that answers, and ends it whatever happens.
    static func run<Result>(_ body: (SecureUnbound) async throws -> Result) async throws -> Result {
        let (certificates, tlsPort, httpsPort) = (try CertificateFolder(), try FreePort.take(), try FreePort.take())
        try certificates.makeCertificate("server", for: "DNS:dns.test")
        let setup = NameServer.Setup(
            serverLines: lines(certificates, tlsPort: tlsPort, httpsPort: httpsPort),
            probe: Question(try Name(parsing: "one.dns.test"), .A))
        return try await NameServer.run(program, setup) { server in
            try await body(
                SecureUnbound(certificates: certificates, tlsPort: tlsPort, httpsPort: httpsPort, server: server))
        }
    }

    private static func lines(_ certificates: CertificateFolder, tlsPort: Int, httpsPort: Int) -> String {
        let long = (1...200).map { "local-data: \"long.dns.test. 60 IN A 192.0.2.\($0)\"" }.joined(separator: "\n")
        return """
            interface: 127.0.0.1@\(tlsPort)
            interface: 127.0.0.1@\(httpsPort)
            tls-port: \(tlsPort)
            https-port: \(httpsPort)
            tls-service-key: "\(certificates.path("server.key"))"
            tls-service-pem: "\(certificates.path("server.crt"))"
            local-zone: "dns.test." static
            local-data: "one.dns.test. 60 IN A 192.0.2.1"
            local-data: "two.dns.test. 60 IN AAAA 2001:db8::2"
            \(long)
            """
    }
}
