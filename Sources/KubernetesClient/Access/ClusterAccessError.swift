import Basics

/// Why there is no access to a cluster.
///
/// Errors compare by code.
package struct ClusterAccessError: Error, Sendable {
    /// The kind of fault.
    package enum Code: String, Sendable, Hashable {
        /// The environment is not that of a pod.
        case notInCluster
        /// A file is missing or can not be read.
        case unreadableFile
        /// The file is no kubeconfig.
        case malformedKubeconfig
        /// The named context is not in the file, or none is named.
        case unknownContext
        /// The context's cluster is not in the file.
        case unknownCluster
        /// The context's user is not in the file.
        case unknownUser
        /// The API server's address is none.
        case invalidServer
        /// A certificate or key can not be used.
        case invalidCertificate
        /// A certificate without its key, or the other way round.
        case incompleteCertificate
        /// The token file is empty.
        case emptyToken
        /// The kubeconfig asks for something that is not supported, `exec` for one.
        case unsupportedOption
    }

    /// The kind of fault.
    package var code: Code
    /// What is wrong, and with which file or field.
    package var cause: String

    /// Creates an error.
    package init(_ code: Code, _ cause: String) {
        self.code = code
        // It may quote a file.
        self.cause = cause.clipped(to: 1_024)
    }
}

extension ClusterAccessError: Equatable {
    package static func == (left: ClusterAccessError, right: ClusterAccessError) -> Bool { left.code == right.code }
}

extension ClusterAccessError: CustomStringConvertible {
    package var description: String { cause }
}
