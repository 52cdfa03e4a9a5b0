import Basics
import TLSIdentity

/// How to reach one cluster's API server, and as whom.
package struct ClusterAccess: Sendable, Hashable {
    /// Who we are to the API server, beside a client certificate.
    package enum Credential: Sendable, Hashable {
        /// Nobody, or whoever the client certificate names.
        case none
        /// A bearer token.
        case token(String)
        /// A file with a bearer token, which may change.
        case tokenFile(String)
    }

    /// PEM text and where it comes from.
    package enum PEM: Sendable, Hashable {
        /// A file, which may change.
        case file(String)
        /// The text itself.
        case bytes([UInt8])
    }

    /// A client certificate with its key.
    package struct Certificate: Sendable, Hashable {
        /// The certificate, and those that lead from it to the authority.
        package var chain: PEM
        /// The certificate's private key.
        package var key: PEM

        /// Creates a certificate with its key.
        package init(chain: PEM, key: PEM) {
            self.chain = chain
            self.key = key
        }
    }

    /// Where the API server is.
    package var server: ServerAddress
    /// Who we are.
    package var credential: Credential
    /// The certificate we show.
    package var certificate: Certificate?
    /// The authorities the API server's certificate may come from; the system's when there are none.
    package var authority: PEM?
    /// Whether any certificate will do (`insecure-skip-tls-verify`).
    package var skipsVerification: Bool
    /// The name the API server's certificate must be for, where it is not the one it is reached by.
    package var serverName: String?

    /// Creates an access of its parts.
    package init(
        server: ServerAddress, credential: Credential = .none, certificate: Certificate? = nil, authority: PEM? = nil,
        skipsVerification: Bool = false, serverName: String? = nil
    ) {
        self.server = server
        self.credential = credential
        self.certificate = certificate
        self.authority = authority
        self.skipsVerification = skipsVerification
        self.serverName = serverName
    }

    /// Where a pod finds its service account.
    package static let serviceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// The access of a pod to its own cluster.
    ///
    /// - Parameters:
    ///   - environment: the process's environment; `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT` are read.
    ///   - directory: where `token` and `ca.crt` are.
    /// - Throws: `notInCluster` without the two variables, `unreadableFile` without the two files, `invalidServer`,
    ///   `emptyToken`.
    package static func inCluster(
        environment: [String: String], directory: String = serviceAccountDirectory
    ) throws(ClusterAccessError) -> ClusterAccess {
        guard let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty,
            let port = environment["KUBERNETES_SERVICE_PORT"], !port.isEmpty
        else {
            throw ClusterAccessError(
                .notInCluster, "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be set")
        }
        let authority = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        guard let server = ServerAddress("https://\(authority)"), server.pathPrefix.isEmpty else {
            throw ClusterAccessError(.invalidServer, "KUBERNETES_SERVICE_HOST and _PORT are no address: \(authority)")
        }
        let access = ClusterAccess(
            server: server, credential: .tokenFile("\(directory)/token"), authority: .file("\(directory)/ca.crt"))
        try access.checkFiles()
        return access
    }

    /// The access through a named URL, and a client certificate if there is one.
    ///
    /// - Parameters:
    ///   - url: the API server; a URL, or `HOST[:PORT]`, which means TLS exactly when a file is named.
    ///   - certificate: the path of the client certificate.
    ///   - key: the path of its key.
    ///   - authority: the path of the authority's certificate.
    /// - Throws: `invalidServer`, `unreadableFile`, `incompleteCertificate` for a certificate or key alone.
    package static func endpoint(
        url: String, certificate: String? = nil, key: String? = nil, authority: String? = nil
    ) throws(ClusterAccessError) -> ClusterAccess {
        let isSecure = certificate != nil || authority != nil
        guard let server = ServerAddress(url, secureByDefault: isSecure) else {
            throw ClusterAccessError(.invalidServer, "not the URL of an API server: \(url)")
        }
        let access = ClusterAccess(
            server: server,
            certificate: try Certificate(chain: certificate.map(PEM.file), key: key.map(PEM.file)),
            authority: authority.map(PEM.file))
        try access.checkFiles()
        return access
    }

    /// What the API server's certificate must be for; nil where any will do, and without TLS.
    var expectedIdentity: ServerIdentity.Expected? {
        guard server.isSecure, !skipsVerification else { return nil }
        let name = serverName ?? server.host
        return IPAddress(name).map { .address($0.octets) } ?? .name(name)
    }

    /// Reads every file once, so that a mistake shows at start.
    func checkFiles() throws(ClusterAccessError) {
        _ = try TLSMaterial(access: self)
        if case .tokenFile(let path) = credential { _ = try TokenFile.read(path) }
    }
}

extension ClusterAccess.Certificate {
    /// Pairs a certificate with its key; nothing when there is neither.
    init?(chain: ClusterAccess.PEM?, key: ClusterAccess.PEM?) throws(ClusterAccessError) {
        switch (chain, key) {
        case (let chain?, let key?): self.init(chain: chain, key: key)
        case (nil, nil): return nil
        default:
            throw ClusterAccessError(.incompleteCertificate, "a client certificate and its key must be given together")
        }
    }
}
