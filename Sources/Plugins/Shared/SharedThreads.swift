import KubernetesClient
import NIOPosix

/// The threads that plugins share, with the files that these need.
package enum SharedThreads {
    /// Starts all of them; for the start of a process.
    ///
    /// Each would start by itself when it is first needed. If files or threads have run out by then, the library that makes it ends the
    /// process.
    package static func start() {
        _ = ClusterLoop.shared
        _ = HTTPListener.group.next()
        _ = StreamLoop.shared
        _ = SharedPage.pool
    }
}
