import Glibc

/// Files on disk.
package struct FileLoader: ConfigurationLoader {
    /// Makes a loader for the file system of the process.
    package init() {}

    /// The bytes of a file.
    ///
    /// Shape: read whole; a named pipe is read until its writer closes it.
    /// - Throws: `LoadFailure`, with the words of the operating system.
    package func read(_ path: String, maximumBytes: Int) throws(LoadFailure) -> [UInt8] {
        guard !path.utf8.contains(0) else { throw LoadFailure(.other, "invalid argument") }
        // Not blocking, because a pipe without a writer would hold the open call for ever.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.failure(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw Self.failure(errno) }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw LoadFailure(.other, "is a directory") }
        guard fcntl(descriptor, F_SETFL, 0) == 0 else { throw Self.failure(errno) }
        return try Self.readAll(descriptor, maximumBytes: maximumBytes)
    }

    /// The bytes of standard input, up to its end.
    package static func readStandardInput(maximumBytes: Int) throws(LoadFailure) -> [UInt8] {
        try readAll(STDIN_FILENO, maximumBytes: maximumBytes)
    }

    /// The files that match a pattern.
    ///
    /// Hidden files match a wildcard, as they do in CoreDNS. Difference from CoreDNS: names that begin with `..` do not;
    /// they are the kubelet's own links beside the files of a mounted ConfigMap, and importing them always fails.
    package func files(matching pattern: String) throws(LoadFailure) -> [String] {
        guard !pattern.utf8.contains(0) else { throw LoadFailure(.other, "invalid argument") }
        var found = unsafe glob_t()
        defer { unsafe globfree(&found) }
        let status = unsafe glob(pattern, GLOB_PERIOD | GLOB_NOSORT, nil, &found)
        guard status != GLOB_NOMATCH else { return [] }
        guard status == 0 else { throw LoadFailure(.other, "cannot search the directory") }
        var paths: [String] = []
        for index in 0..<Int(unsafe found.gl_pathc) {
            guard let path = unsafe found.gl_pathv?[index] else { continue }
            unsafe paths.append(String(cString: path))
        }
        return paths.filter { !Self.isKubeletEntry($0, matching: pattern) }
    }

    private static func isKubeletEntry(_ path: String, matching pattern: String) -> Bool {
        let name = path.utf8.split(separator: UInt8(ascii: "/")).last ?? path.utf8[...]
        let asked = pattern.utf8.split(separator: UInt8(ascii: "/")).last ?? pattern.utf8[...]
        if name.elementsEqual(".".utf8) { return true }
        return name.starts(with: "..".utf8) && !asked.starts(with: "..".utf8)
    }

    private static func readAll(_ descriptor: CInt, maximumBytes: Int) throws(LoadFailure) -> [UInt8] {
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(errno) }
            guard count > 0 else { return result }
            guard result.count + count <= maximumBytes else { throw LoadFailure(.tooLong, "file too large") }
            result.append(contentsOf: buffer[..<count])
        }
    }

    private static func failure(_ code: CInt) -> LoadFailure {
        let reason = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        return LoadFailure(code == ENOENT ? .missing : .other, reason.lowercased())
    }
}
