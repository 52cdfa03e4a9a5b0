package import Foundation

/// A folder for the files of one test or one program.
package struct TemporaryFolder: Sendable {
    /// Where it lies.
    package let url: URL

    /// Makes a folder that nobody else has.
    package init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "needletail-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    /// Its path.
    package var path: String { url.path }

    /// Writes a file, at once and whole.
    package func write(_ text: String, to name: String) throws {
        let file = url.appending(path: name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file, options: .atomic)
    }

    /// The text of a file.
    package func read(_ name: String) throws -> String {
        try String(contentsOf: url.appending(path: name), encoding: .utf8)
    }

    /// Removes it with all that is in it.
    package func remove() {
        try? FileManager.default.removeItem(at: url)
    }
}
