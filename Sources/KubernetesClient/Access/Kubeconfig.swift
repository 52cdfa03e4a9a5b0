import Basics
import FoundationEssentials
import Yams

extension ClusterAccess {
    /// The access that a kubeconfig file describes.
    ///
    /// Paths in the file are relative to the file. Where a field and its `-data` or file form are both given, `-data` wins for
    /// certificates and the file wins for tokens, as in the API's own clients.
    ///
    /// - Parameters:
    ///   - path: the file, YAML or JSON.
    ///   - context: the context to take; the file's current one when there is none.
    /// - Throws: `unreadableFile`, `malformedKubeconfig`, `unknownContext`, `unknownCluster`, `unknownUser`,
    ///   `invalidServer`, `invalidCertificate`, `incompleteCertificate`, `emptyToken`, `unsupportedOption`.
    package static func kubeconfig(
        path: String, context: String? = nil
    ) throws(ClusterAccessError) -> ClusterAccess {
        let file = try KubeconfigFile(path: path)
        let (cluster, user) = try file.clusterAndUser(context: context)
        guard let url = cluster.server, let server = ServerAddress(url) else {
            throw ClusterAccessError(
                .invalidServer, "\(path): the cluster has no usable server: \(cluster.server ?? "")")
        }
        try file.checkSupported(cluster, user)
        let access = ClusterAccess(
            server: server, credential: file.credential(user),
            certificate: try Certificate(
                chain: try file.pem(data: user.certificateData, path: user.certificate),
                key: try file.pem(data: user.keyData, path: user.key)),
            authority: try file.pem(data: cluster.authorityData, path: cluster.authority),
            skipsVerification: cluster.skipsVerification ?? false,
            serverName: try file.serverName(cluster))
        try access.checkFiles()
        return access
    }
}

/// A kubeconfig file, read.
private struct KubeconfigFile {
    struct Document: Decodable {
        var clusters: [NamedCluster]?
        var contexts: [NamedContext]?
        var users: [NamedUser]?
        var currentContext: String?

        enum CodingKeys: String, CodingKey {
            case clusters, contexts, users
            case currentContext = "current-context"
        }
    }

    struct NamedCluster: Decodable {
        var name: String
        var cluster: Cluster
    }

    struct NamedContext: Decodable {
        var name: String
        var context: Context
    }

    struct NamedUser: Decodable {
        var name: String
        var user: User?
    }

    struct Context: Decodable {
        var cluster: String?
        var user: String?
    }

    struct Cluster: Decodable {
        var server: String?
        var authority: String?
        var authorityData: String?
        var skipsVerification: Bool?
        var serverName: String?
        var proxy: String?

        enum CodingKeys: String, CodingKey {
            case server
            case authority = "certificate-authority"
            case authorityData = "certificate-authority-data"
            case skipsVerification = "insecure-skip-tls-verify"
            case serverName = "tls-server-name"
            case proxy = "proxy-url"
        }
    }

    struct User: Decodable {
        var token: String?
        var tokenFile: String?
        var certificate: String?
        var certificateData: String?
        var key: String?
        var keyData: String?
        var username: String?
        var impersonated: String?
        var exec: Presence?
        var authProvider: Presence?

        enum CodingKeys: String, CodingKey {
            case token, tokenFile, username, exec
            case certificate = "client-certificate"
            case certificateData = "client-certificate-data"
            case key = "client-key"
            case keyData = "client-key-data"
            case authProvider = "auth-provider"
            case impersonated = "as"
        }
    }

    /// A field whose contents do not matter.
    struct Presence: Decodable {
        init(from decoder: any Decoder) throws {}
    }

    let path: String
    let document: Document

    init(path: String) throws(ClusterAccessError) {
        self.path = path
        let text = String(decoding: try SmallFile.read(path), as: UTF8.self)
        do {
            document = try YAMLDecoder().decode(Document.self, from: text)
        } catch {
            throw ClusterAccessError(.malformedKubeconfig, "\(path) is no kubeconfig: \(Self.describe(error))")
        }
    }

    private static func describe(_ error: any Error) -> String {
        String(describing: error).split(separator: "\n").joined(separator: " ").clipped(to: 200)
    }

    func clusterAndUser(context name: String?) throws(ClusterAccessError) -> (Cluster, User) {
        guard let name = name ?? document.currentContext, !name.isEmpty else {
            throw ClusterAccessError(.unknownContext, "\(path) names no current context")
        }
        guard let context = document.contexts?.first(where: { $0.name == name })?.context else {
            throw ClusterAccessError(.unknownContext, "\(path) has no context \(name)")
        }
        guard let cluster = document.clusters?.first(where: { $0.name == context.cluster })?.cluster else {
            throw ClusterAccessError(
                .unknownCluster, "\(path) has no cluster \(context.cluster ?? "") for the context \(name)")
        }
        guard let userName = context.user, !userName.isEmpty else { return (cluster, User()) }
        guard let user = document.users?.first(where: { $0.name == userName }) else {
            throw ClusterAccessError(.unknownUser, "\(path) has no user \(userName) for the context \(name)")
        }
        return (cluster, user.user ?? User())
    }

    /// Refuses what we would otherwise have to ignore.
    func checkSupported(_ cluster: Cluster, _ user: User) throws(ClusterAccessError) {
        let fields: [(name: String, isSet: Bool)] = [
            ("exec", user.exec != nil), ("auth-provider", user.authProvider != nil),
            ("username", user.username?.isEmpty == false), ("as", user.impersonated?.isEmpty == false),
            ("proxy-url", cluster.proxy?.isEmpty == false),
        ]
        guard let field = fields.first(where: \.isSet) else { return }
        throw ClusterAccessError(
            .unsupportedOption,
            "\(path): \(field.name) is not supported; users sign in by token, tokenFile or client certificate")
    }

    /// The name of the API server's certificate, if one is given.
    func serverName(_ cluster: Cluster) throws(ClusterAccessError) -> String? {
        guard let name = cluster.serverName, !name.isEmpty else { return nil }
        guard name.utf8.allSatisfy({ PercentEncoding.isUnreserved($0) }) else {
            throw ClusterAccessError(.invalidServer, "\(path): tls-server-name is no host name: \(name)")
        }
        return name
    }

    func credential(_ user: User) -> ClusterAccess.Credential {
        if let file = user.tokenFile, !file.isEmpty { return .tokenFile(resolve(file)) }
        if let token = user.token, !token.isEmpty { return .token(token) }
        return .none
    }

    func pem(data: String?, path: String?) throws(ClusterAccessError) -> ClusterAccess.PEM? {
        if let data, !data.isEmpty {
            guard let bytes = Data(base64Encoded: data, options: .ignoreUnknownCharacters) else {
                throw ClusterAccessError(.invalidCertificate, "\(self.path): certificate data is not base64")
            }
            return .bytes(Array(bytes))
        }
        guard let path, !path.isEmpty else { return nil }
        return .file(resolve(path))
    }

    /// A path of the file, which is relative to the file's folder.
    private func resolve(_ relative: String) -> String {
        guard !relative.hasPrefix("/") else { return relative }
        guard let slash = path.lastIndex(of: "/") else { return relative }
        return String(path[...slash]) + relative
    }
}
