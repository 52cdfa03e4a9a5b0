import Foundation
import Glibc
import Testing

@testable import Corefile

@Suite("Files on disk")
struct FileLoaderTests {
    /// Runs a body with a new folder, which goes away afterwards.
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        try makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func makeFolder(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    private func write(_ text: String, _ path: String) throws {
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }

    private func link(_ path: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
    }

    @Test("A Corefile is read with its imports; all files read are listed for watching")
    func load() throws {
        try withFolder { folder in
            try write(".:53 {\n  import parts/*.conf\n  import one\n}\n", folder + "/Corefile")
            try write("log", folder + "/one")
            try makeFolder(folder + "/parts")
            try write("errors", folder + "/parts/b.conf")
            try write("loop", folder + "/parts/a.conf")
            try write("nothing", folder + "/parts/c.txt")
            let corefile = try Corefile.load(path: folder + "/Corefile", environment: [:])
            #expect(corefile.outline == [["dns://.:53", "loop", "errors", "log"]])
            #expect(
                corefile.files == ["/Corefile", "/parts/a.conf", "/parts/b.conf", "/one"].map { folder + $0 })
        }
    }

    @Test("A missing Corefile is an error without a line that says what to do")
    func missing() {
        #expect { try Corefile.load(path: "/nonexistent/Corefile", environment: [:]) } throws: {
            "\($0)" == "/nonexistent/Corefile: loading Corefile failed: no such file or directory "
                + "(name the Corefile with -conf)"
        }
    }

    @Test("A folder in place of a file is an error, also when it is imported")
    func folder() throws {
        try withFolder { folder in
            #expect { try Corefile.load(path: folder, environment: [:]) } throws: {
                ($0 as? ConfigurationError)?.message == "loading Corefile failed: is a directory"
            }
            try write(".\nimport parts", folder + "/Corefile")
            try makeFolder(folder + "/parts")
            #expect { try Corefile.load(path: folder + "/Corefile", environment: [:]) } throws: {
                let error = $0 as? ConfigurationError
                return error?.message == "Could not import \(folder)/parts: is a directory" && error?.line == 2
            }
        }
    }

    @Test("A glob finds hidden files, but not the kubelet's links in a mounted ConfigMap")
    func configMap() throws {
        try withFolder { folder in
            try makeFolder(folder + "/..2026_01_01")
            try write("log", folder + "/..2026_01_01/a")
            try link(folder + "/..data", to: "..2026_01_01")
            try link(folder + "/a", to: "..data/a")
            try write("log", folder + "/.hidden")
            let found = try FileLoader().files(matching: folder + "/*")
            #expect(found.sorted() == [folder + "/.hidden", folder + "/a"])
            let none = try FileLoader().files(matching: folder + "/none*")
            #expect(none == [])
        }
    }

    @Test("A file without an end, and a pipe without a writer, are no hang")
    func endless() throws {
        #expect(throws: LoadFailure(.tooLong, "file too large")) {
            try FileLoader().read("/dev/zero", maximumBytes: 1_000_000)
        }
        try withFolder { folder in
            try #require(unsafe mkfifo(folder + "/pipe", 0o600) == 0)
            let bytes = try FileLoader().read(folder + "/pipe", maximumBytes: 10)
            #expect(bytes == [])
        }
    }

    @Test("A NUL in a path is refused instead of cutting the path short")
    func nul() {
        #expect(throws: LoadFailure.self) { try FileLoader().read("/etc/hosts\0x", maximumBytes: 10) }
        #expect(throws: LoadFailure.self) { try FileLoader().files(matching: "/etc/hosts\0x") }
    }
}
