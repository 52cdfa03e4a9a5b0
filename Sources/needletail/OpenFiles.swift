import Glibc

/// How many files and sockets the process may have open.
enum OpenFiles {
    /// Raises the limit to the highest that the process may set for itself, as Go's runtime does: many container engines start
    /// with 1,024.
    ///
    /// - Returns: the limit from now on.
    static func raiseLimit() -> Int {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard unsafe getrlimit(resource, &limit) == 0 else { return 1_024 }
        let former = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        return Int(clamping: unsafe setrlimit(resource, &limit) == 0 ? limit.rlim_cur : former)
    }
}
