import NIOSSL

/// The certificates and keys of an access, read and parsed.
struct TLSMaterial: Sendable {
    /// What the files held: two readings with the same contents are the same material.
    private let contents: [[UInt8]?]
    /// The configuration for connections; nothing when the API server is reached without TLS.
    let configuration: TLSConfiguration?

    /// Reads and parses the certificates and keys of an access.
    ///
    /// - Throws: `unreadableFile`, `invalidCertificate`.
    init(access: ClusterAccess) throws(ClusterAccessError) {
        let chain = try access.certificate?.chain.read()
        let key = try access.certificate?.key.read()
        let authority = try access.authority?.read()
        contents = [chain, key, authority]
        guard access.server.isSecure else {
            configuration = nil
            return
        }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let authority {
            configuration.trustRoots = .certificates(try Self.certificates(authority, access.authority))
        }
        if let chain, let key {
            configuration.certificateChain = try Self.certificates(chain, access.certificate?.chain).map {
                .certificate($0)
            }
            configuration.privateKey = .privateKey(try Self.privateKey(key, access.certificate?.key))
        }
        if access.skipsVerification { configuration.certificateVerification = .none }
        self.configuration = configuration
    }

    /// Whether another reading found the same.
    func isSame(as other: TLSMaterial) -> Bool { contents == other.contents }

    private static func certificates(
        _ bytes: [UInt8], _ source: ClusterAccess.PEM?
    ) throws(ClusterAccessError) -> [NIOSSLCertificate] {
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
            throw ClusterAccessError(.invalidCertificate, "no certificate in \(source?.place ?? "the configuration")")
        }
        return certificates
    }

    private static func privateKey(
        _ bytes: [UInt8], _ source: ClusterAccess.PEM?
    ) throws(ClusterAccessError) -> NIOSSLPrivateKey {
        guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else {
            throw ClusterAccessError(.invalidCertificate, "no private key in \(source?.place ?? "the configuration")")
        }
        return key
    }
}

extension ClusterAccess.PEM {
    /// Where the text comes from, for messages.
    var place: String {
        switch self {
        case .file(let path): path
        case .bytes: "the configuration"
        }
    }

    /// The text.
    func read() throws(ClusterAccessError) -> [UInt8] {
        switch self {
        case .file(let path): try SmallFile.read(path)
        case .bytes(let bytes): bytes
        }
    }
}
