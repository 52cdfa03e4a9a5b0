import NIOSSL
import Synchronization

/// Who we are to the API server, kept up with the files it comes from.
///
/// Tokens and certificates are replaced on disk while we run. They are read again when a minute has passed, and at once
/// after the API server refused them.
final class RequestCredentials: Sendable {
    private struct State {
        var token: String?
        var tokenReadAt: Duration?
        var material: TLSMaterial
        var materialReadAt: Duration
    }

    private let access: ClusterAccess
    private let state: Mutex<State>

    /// How long what was read is good for.
    static let lifetime = Duration.seconds(60)

    /// Reads the certificates.
    ///
    /// - Throws: as `TLSMaterial`.
    init(access: ClusterAccess, now: Duration) throws(ClusterAccessError) {
        self.access = access
        state = Mutex(State(material: try TLSMaterial(access: access), materialReadAt: now))
    }

    /// The bearer token to send, if we have one.
    ///
    /// - Throws: `noCredentials` when there never was one to read. A token that was read once is used until the file can be
    ///   read again: half a minute without the file is no reason to lose the API server.
    func token(now: Duration) throws(APIFailure) -> String? {
        switch access.credential {
        case .none: return nil
        case .token(let token): return token
        case .tokenFile(let path):
            return try state.withLock { state throws(APIFailure) in
                if let token = state.token, let readAt = state.tokenReadAt, now - readAt < Self.lifetime {
                    return token
                }
                do throws(ClusterAccessError) {
                    state.token = try TokenFile.read(path)
                } catch {
                    guard state.token != nil else { throw .noCredentials(error.cause) }
                }
                state.tokenReadAt = now
                return state.token
            }
        }
    }

    /// The TLS configuration for the next connection.
    ///
    /// Files that can not be parsed, as when half of a pair is replaced, leave the last good configuration in place.
    func tlsConfiguration(now: Duration) -> TLSConfiguration? {
        state.withLock { state in
            if now - state.materialReadAt >= Self.lifetime {
                state.materialReadAt = now
                if let material = try? TLSMaterial(access: access), !material.isSame(as: state.material) {
                    state.material = material
                }
            }
            return state.material.configuration
        }
    }

    /// Makes the next request read the token again.
    func rejectToken() {
        state.withLock { $0.tokenReadAt = nil }
    }

    /// Makes the next request read the certificates again.
    func rejectCertificates(now: Duration) {
        state.withLock { $0.materialReadAt = now - Self.lifetime }
    }
}
