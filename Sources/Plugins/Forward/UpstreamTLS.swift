import Corefile
import NIOSSL

/// What connections to upstreams over TLS and HTTPS are made with: TLS 1.2 or later, and certificates that are verified.
///
/// Sessions are not resumed: the library has no way to keep them on a client's side. Connections are kept and carry many
/// queries each instead.
struct UpstreamTLS: Sendable {
    /// The words that name the files, each nil where there is none.
    struct Files: Sendable {
        /// Our certificate and those of the authorities above it.
        var chain: Token?
        var key: Token?
        /// The authorities of the upstreams' certificates; the system's without it.
        var authorities: Token?
    }

    /// The protocol that is agreed upon for HTTPS.
    static let http2 = "h2"

    /// For DNS over TLS, if that is used.
    ///
    /// It offers no protocol (ALPN): servers that know none of what is offered may refuse the connection.
    private var plain: NIOSSLContext?
    /// For DNS over HTTPS, if that is used.
    private var http: NIOSSLContext?

    /// Whether this system knows no authorities and none were named: no certificate can be verified, so no upstream can be used.
    private(set) var lacksAuthorities = false

    private static let fileLimit = 4 << 20
    /// Makes a context.
    typealias MakeContext = (TLSConfiguration) throws -> NIOSSLContext

    /// Reads the files.
    ///
    /// - Parameters:
    ///   - transports: those that are to be used.
    ///   - directory: where relative names start from.
    /// - Throws: a file that cannot be read or does not hold what it should.
    init(
        _ files: Files, for transports: [UpstreamTransport], in directory: String, _ reader: ArgumentReader,
        _ make: MakeContext = { try NIOSSLContext(configuration: $0) }
    ) throws(ConfigurationError) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let chain = files.chain, let key = files.key {
            configuration.certificateChain = try Self.certificates(chain, directory, reader).map { .certificate($0) }
            configuration.privateKey = .privateKey(try Self.key(key, directory, reader))
        }
        if let authorities = files.authorities {
            configuration.trustRoots = .certificates(try Self.authorities(authorities, directory, reader))
        }
        do {
            try makeContexts(configuration, transports, make)
        } catch {
            // Each file is right by itself: key and certificate do not belong together, or the system has no authorities.
            if let key = files.key {
                throw reader.fail(
                    .invalidValue, "could not load TLS cert: tls: private key does not match public key", at: key)
            }
            lacksAuthorities = true
            configuration.trustRoots = .certificates([])
            try? makeContexts(configuration, transports, make)
        }
    }

    private mutating func makeContexts(
        _ configuration: TLSConfiguration, _ transports: [UpstreamTransport], _ make: MakeContext
    ) throws {
        // The files are looked at also where nothing uses them.
        let usesHTTP = transports.contains(where: \.speaksHTTP)
        if !usesHTTP || transports.contains(where: { $0.isSecure && !$0.speaksHTTP }) {
            plain = try make(configuration)
        }
        guard usesHTTP else { return }
        var configuration = configuration
        configuration.applicationProtocols = [Self.http2]
        http = try make(configuration)
    }

    /// What a connection is made with; nil for a transport that was not named before.
    func context(for transport: UpstreamTransport) -> NIOSSLContext? {
        transport.speaksHTTP ? http : plain
    }

    private static func read(
        _ file: Token, _ directory: String, _ reader: ArgumentReader, _ words: (LoadFailure, String) -> String
    ) throws(ConfigurationError) -> [UInt8] {
        let path = FilePath.path(of: file.text, in: directory)
        do {
            return try FileLoader().read(path, maximumBytes: fileLimit)
        } catch {
            throw reader.fail(.unreadableFile, words(error, path), at: file)
        }
    }

    private static func certificates(
        _ file: Token, _ directory: String, _ reader: ArgumentReader
    ) throws(ConfigurationError) -> [NIOSSLCertificate] {
        let octets = try read(file, directory, reader) { "could not load TLS cert: open \($1): \($0)" }
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(octets), !certificates.isEmpty else {
            throw reader.fail(
                .invalidValue, "could not load TLS cert: no certificate in \(file.text)",
                hint: "tls takes [CERT KEY] [CA], files in PEM form", at: file)
        }
        return certificates
    }

    private static func key(
        _ file: Token, _ directory: String, _ reader: ArgumentReader
    ) throws(ConfigurationError) -> NIOSSLPrivateKey {
        let octets = try read(file, directory, reader) { "could not load TLS cert: open \($1): \($0)" }
        guard let key = try? NIOSSLPrivateKey(bytes: octets, format: .pem) else {
            throw reader.fail(
                .invalidValue, "could not load TLS cert: no private key in \(file.text)",
                hint: "tls takes [CERT KEY] [CA], files in PEM form", at: file)
        }
        return key
    }

    private static func authorities(
        _ file: Token, _ directory: String, _ reader: ArgumentReader
    ) throws(ConfigurationError) -> [NIOSSLCertificate] {
        let octets = try read(file, directory, reader) { "error reading \($1): \($0)" }
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(octets), !certificates.isEmpty else {
            throw reader.fail(
                .invalidValue, "could not read root certs: no certificate in \(file.text)",
                hint: "CA is a file of certificates in PEM form", at: file)
        }
        return certificates
    }
}
