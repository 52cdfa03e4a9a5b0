import Foundation
import Glibc
import Testing

@testable import Basics

/// A folder that goes with its object.
final class Folder {
    let path = "/tmp/needletail-test-basics-\(UInt64.random(in: 0...UInt64.max))"

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, _ name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(path)/\(name)"))
    }
    func text(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }
    var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }

    func makePipe(_ name: String) throws -> String {
        try #require(unsafe mkfifo("\(path)/\(name)", 0o600) == 0)
        return "\(path)/\(name)"
    }
}

@Suite("Files are read within bounds")
struct FileReaderTests {
    @Test("An ordinary file is read whole, through links too; one octet more than allowed is too long")
    func ordinary() throws {
        let folder = try Folder()
        try folder.write(String(repeating: "x", count: 100_000), "file")
        try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/link", withDestinationPath: "file")
        for name in ["file", "link"] {
            #expect(try FileReader.read("\(folder.path)/\(name)", atMost: 100_000).count == 100_000)
            let failure = #expect(throws: FileFailure.self) {
                try FileReader.read("\(folder.path)/\(name)", atMost: 99_999)
            }
            #expect(failure?.kind == .tooLong)
        }
        #expect(try FileReader.read("/proc/self/stat", atMost: 10_000).isEmpty == false)
    }

    @Test(
        "What is no ordinary file is said to be none, at once", arguments: ["/dev/zero", "/dev/null", "/tmp", "pipe"])
    func others(_ path: String) throws {
        let folder = try Folder()
        let place = path == "pipe" ? try folder.makePipe("pipe") : path
        let failure = #expect(throws: FileFailure.self) { try FileReader.read(place, atMost: 100) }
        #expect(failure?.kind == .notAFile)
    }

    @Test(
        "A window into the kernel that calls itself an ordinary file holds nobody up",
        .enabled(if: unsafe access("/proc/kmsg", R_OK) == 0 && geteuid() == 0))
    func kernelLog() {
        // It has no end; how it begins depends on what the kernel has said, and on who may read it.
        #expect(throws: FileFailure.self) { try FileReader.read("/proc/kmsg", atMost: 1 << 30) }
    }

    @Test("A pipe and a device may be read where that is asked for, and are left when they do not come to an end")
    func streams() throws {
        let folder = try Folder()
        let pipe = try folder.makePipe("pipe")
        #expect(try FileReader.read(pipe, atMost: 100, .streams).isEmpty)
        #expect(try FileReader.read("/dev/null", atMost: 100, .streams).isEmpty)
        #expect(throws: FileFailure(.tooLong, "file too large")) {
            try FileReader.read("/dev/zero", atMost: 100, .streams)
        }
        // Somebody who has it open and writes nothing.
        let writer = unsafe open(pipe, O_RDWR | O_NONBLOCK)
        defer { close(writer) }
        #expect(throws: FileFailure(.other, "does not come to an end")) {
            try FileReader.read(pipe, atMost: 100, .streams, within: .milliseconds(20))
        }
    }

    @Test("What is missing, forbidden by its name, or unreadable is told apart")
    func failures() throws {
        let missing = #expect(throws: FileFailure.self) { try FileReader.read("/nonexistent", atMost: 1) }
        #expect(missing == FileFailure(.missing, "no such file or directory"))
        #expect(throws: FileFailure(.other, "invalid argument")) { try FileReader.read("/etc/hosts\0x", atMost: 1) }
    }
}

@Suite("A file is replaced whole, and nothing but a file")
struct ReplacementFileTests {
    private func write(_ text: String, to path: String) throws {
        let file = try ReplacementFile(for: path)
        try file.write(ContiguousArray(text.utf8))
        try file.finish()
    }

    @Test("A new file, a former one and one that was left behind are replaced")
    func replaces() throws {
        let folder = try Folder()
        try write("one", to: "\(folder.path)/state")
        try folder.write("left behind, and longer", "state.new")
        try write("two", to: "\(folder.path)/state")
        #expect(try folder.text("state") == "two" && folder.names == ["state"])
    }

    @Test("A link, a pipe, a device and a folder at either path stay as they are, and that is said")
    func others() throws {
        let folder = try Folder()
        try folder.write("elsewhere", "target")
        for name in ["a", "b.new"] {
            try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/\(name)", withDestinationPath: "target")
        }
        _ = try (folder.makePipe("c"), folder.makePipe("d.new"))
        try FileManager.default.createDirectory(atPath: "\(folder.path)/e", withIntermediateDirectories: false)
        let names = folder.names
        for path in ["a", "b", "c", "d", "e"].map({ "\(folder.path)/\($0)" }) + ["/dev/full", "/dev/null"] {
            let failure = #expect(throws: FileFailure.self) { try write("x", to: path) }
            #expect(failure?.kind == .notAFile && failure?.description.contains("no ordinary file") == true)
        }
        #expect(try folder.names == names && folder.text("target") == "elsewhere")
        var status = stat()
        #expect(unsafe stat("/dev/full", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
    }
}

@Suite("Texts of strangers are clipped")
struct ClippedTests {
    @Test(
        "By octets, between characters of Unicode",
        arguments: [
            ("", 0, ""), ("abc", 3, "abc"), ("abcd", 3, "abc…"), ("aäb", 2, "a…"), ("ää", 2, "ä…"), ("x", 0, "…"),
        ])
    func clipped(_ text: String, _ octets: Int, _ expected: String) {
        #expect(text.clipped(to: octets) == expected)
        // One character for Swift, however long.
        let tower = "a" + String(repeating: "\u{301}", count: 100_000)
        #expect(tower.count == 1 && tower.clipped(to: 100).utf8.count < 110)
    }
}
