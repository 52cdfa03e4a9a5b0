/// Files kept in memory, by path.
package struct MemoryLoader: ConfigurationLoader {
    private let files: [String: String]

    /// Makes a loader that knows these files and no others.
    package init(_ files: [String: String] = [:]) { self.files = files }

    /// The bytes of a file.
    package func read(_ path: String, maximumBytes: Int) throws(LoadFailure) -> [UInt8] {
        guard let text = files[path] else { throw LoadFailure(.missing, "no such file or directory") }
        guard text.utf8.count <= maximumBytes else { throw LoadFailure(.tooLong, "file too large") }
        return Array(text.utf8)
    }

    /// The files that match; `*` and `?` stand for characters other than `/`.
    package func files(matching pattern: String) throws(LoadFailure) -> [String] {
        files.keys.filter { Self.matches(Array($0.utf8)[...], Array(pattern.utf8)[...]) }
    }

    private static func matches(_ text: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        let slash = UInt8(ascii: "/")
        if first == UInt8(ascii: "*") {
            if matches(text, pattern.dropFirst()) { return true }
            return text.first.map { $0 != slash && matches(text.dropFirst(), pattern) } ?? false
        }
        guard let byte = text.first, byte == first || (first == UInt8(ascii: "?") && byte != slash) else {
            return false
        }
        return matches(text.dropFirst(), pattern.dropFirst())
    }
}
