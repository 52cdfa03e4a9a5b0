/// Joining and tidying of paths, by their text alone.
package enum FilePath {
    /// The path of `file`, which starts from `directory` unless it is absolute.
    package static func path(of file: String, in directory: String) -> String {
        file.hasPrefix("/") ? file : "\(directory)/\(file)"
    }

    /// The longest path that is looked for, in bytes: Linux's `PATH_MAX`.
    static let longest = 4096

    /// The pattern of an `import` line, taken relative to the file that holds the line.
    static func resolve(_ pattern: String, besideFile file: String) -> String {
        if pattern.utf8.first == UInt8(ascii: "/") { return clean(pattern) }
        guard let slash = file.utf8.lastIndex(of: UInt8(ascii: "/")) else { return clean(pattern) }
        return clean("\(file[...slash])\(pattern)")
    }

    /// The path without empty and `.` parts, and without `..` where a part before it can be dropped.
    static func clean(_ path: String) -> String {
        let isAbsolute = path.utf8.first == UInt8(ascii: "/")
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." {
                parts.removeLast()
            } else if part != ".." || !isAbsolute {
                parts.append(part)
            }
        }
        let joined = parts.joined(separator: "/")
        return isAbsolute ? "/" + joined : (joined.isEmpty ? "." : joined)
    }
}
