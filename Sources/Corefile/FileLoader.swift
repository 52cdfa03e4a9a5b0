import Basics
import Glibc

/// Files on disk.
package struct FileLoader: ConfigurationLoader {
    /// Makes a loader for the file system of the process.
    package init() {}

    /// The bytes of a file.
    ///
    /// Shape: read whole; a named pipe is read until its writer closes it, which it has ``FileReader/patience`` for.
    /// - Throws: `LoadFailure`, with the words of the operating system.
    package func read(_ path: String, maximumBytes: Int) throws(LoadFailure) -> [UInt8] {
        do {
            return try FileReader.read(path, atMost: maximumBytes, .streams)
        } catch {
            throw LoadFailure(error)
        }
    }

    /// The bytes of standard input, up to its end.
    package static func readStandardInput(maximumBytes: Int) throws(LoadFailure) -> [UInt8] {
        do {
            return try FileReader.readStandardInput(atMost: maximumBytes)
        } catch {
            throw LoadFailure(error)
        }
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
}

extension LoadFailure {
    /// What a file's failure means for a configuration.
    fileprivate init(_ failure: FileFailure) {
        let kind: Kind =
            switch failure.kind {
            case .missing: .missing
            case .tooLong: .tooLong
            case .notAFile, .other: .other
            }
        self.init(kind, failure.description)
    }
}
