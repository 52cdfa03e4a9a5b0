import Testing

@testable import Corefile

/// A small generator with a seed, so that a failure can be repeated.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

@Suite("Hostile Corefiles")
struct HostileInputTests {
    static let seeds = [
        kubeadmCorefile,
        "(s) {\nlog {args[0]}\nimport t {args.0}\n}\n(t) {\nerrors\n}\n. tls://b:1,\n10.0.0.0/13 {\nimport s x\nimport f*\n}",
        "a\ntemplate IN A x {\nmatch (.*)?b\nanswer \"{{ .Name }} 60 IN A 1.2.3.4\"\n}\nhealth { lameduck 5s }\nlog {$A}{%B%}",
    ]

    private static func mutated(_ bytes: [UInt8], using generator: inout SplitMix) -> [UInt8] {
        let pieces = [
            "{", "}", "\"", "\n", " ", "#", "\\", "import ", "(s)", "{$A}", "{%B%}", "{args[0]}", ",", "://", "/9", ":",
            "\0",
            "\r", "..", "import *\n", "\u{FEFF}", "\u{85}",
        ]
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...8, using: &generator) {
            let index = Int.random(in: 0...bytes.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes.insert(contentsOf: Array((pieces.randomElement(using: &generator) ?? "").utf8), at: index)
            case 1 where index < bytes.count: bytes[index] = UInt8.random(in: 0...255, using: &generator)
            case 2: bytes.removeSubrange(index..<min(bytes.count, index + Int.random(in: 0...20, using: &generator)))
            case 3: bytes.insert(contentsOf: bytes.suffix(from: index).prefix(40), at: index)
            default: bytes.removeLast(min(bytes.count, Int.random(in: 0...10, using: &generator)))
            }
        }
        return bytes
    }

    @Test("Changed at random, a Corefile parses or gives an error with a place, and never crashes or hangs")
    func mutations() throws {
        var generator = SplitMix(state: 20_260_101)
        var (parsed, failed) = (0, 0)
        let environment = ["A": "x {$B}", "B": "\" }"]
        for round in 0..<1500 {
            let bytes = Self.mutated(Array(Self.seeds[round % Self.seeds.count].utf8), using: &generator)
            do {
                let corefile = try Corefile.parse(
                    bytes: bytes, environment: environment, loader: MemoryLoader(["f1": "cache", "f2": "loop"]))
                parsed += 1
                #expect(!corefile.blocks.isEmpty && !corefile.canonicalText.isEmpty)
                for block in corefile.blocks {
                    _ = try? CacheSettings.directive.read(
                        block.directives, serverZones: block.zones, initial: CacheSettings())
                }
            } catch {
                failed += 1
                #expect(error.line >= 1 && error.column >= 1 && !error.message.isEmpty)
            }
        }
        // Neither way may be all there is, else the changes test nothing.
        #expect(parsed > 50 && failed > 50)
    }

    @Test("Any bytes at all give an error with a place")
    func binary() {
        var generator = SplitMix(state: 7)
        for _ in 0..<200 {
            let bytes = (0..<200).map { _ in UInt8.random(in: 0...255, using: &generator) }
            do {
                _ = try Corefile.parse(bytes: bytes)
            } catch {
                #expect(error.line >= 1 && error.column >= 1)
                #expect(!error.description.unicodeScalars.contains { $0.value < 0x20 })
            }
        }
    }

    @Test("Snippets that multiply are stopped by the limits on words and imports")
    func snippetBomb() {
        var text = "(s0) {\nlog\nlog\n}\n"
        for level in 1...40 { text += "(s\(level)) {\nimport s\(level - 1)\nimport s\(level - 1)\n}\n" }
        let error = mistake(text + ".\nimport s40")
        #expect(error?.code == .limitExceeded)
        #expect(error?.message == "maximum snippet import depth (10000) exceeded")
        var limits = Corefile.Limits()
        limits.tokens = 500
        #expect(mistake(text + ".\nimport s40", limits: limits)?.message == "too many words")
    }

    @Test("Arguments that double are stopped by the limit on words")
    func argumentBomb() {
        var text = "(s0) {\nlog {args[0]}\n}\n"
        for level in 1...40 { text += "(s\(level)) {\nimport s\(level - 1) {args[0]}{args[0]}\n}\n" }
        let error = mistake(text + ".\nimport s40 xx")
        #expect(error?.code == .limitExceeded)
        #expect(error?.message == "the word is too long")
    }

    @Test("Imports within imports are stopped by the limit on depth; a chain within it is not")
    func depth() {
        var files: [String: String] = ["f100": "log"]
        for level in 0..<100 { files["f\(level)"] = "import f\(level + 1)" }
        let error = mistake(".\nimport f0", files: files)
        #expect(error?.code == .limitExceeded)
        #expect(error?.hint == "imports lie within imports too deeply")
        #expect(mistake(".\nimport f50", files: files) == nil)
    }

    @Test("A file imported again and again is stopped by the limits on files and bytes")
    func fileBomb() {
        var limits = Corefile.Limits()
        limits.fileImports = 10
        let files = ["f": "log\nlog", "g": String(repeating: "import f\n", count: 11)]
        #expect(
            mistake(".\nimport g", files: files, limits: limits)?.message == "maximum file import depth (10) exceeded")
        limits.fileImports = 100
        limits.bytes = 150
        let error = mistake(".\nimport g", files: files, limits: limits)
        #expect(error?.code == .limitExceeded)
        #expect(error?.spot == "g:6:8")
    }

    @Test("A text over the limit on bytes is an error")
    func size() {
        var limits = Corefile.Limits()
        limits.bytes = 10
        let error = mistake(".\nlog    abc", limits: limits)
        #expect(error?.message == "the configuration is too large")
        #expect(error?.spot == "1:1")
    }

    @Test("A line of ten megabytes is one word, and a key of that length an error that does not repeat it")
    func longLine() throws {
        let long = String(repeating: "x", count: 10_000_000)
        let corefile = try Corefile.parse(text: ".\nlog " + long)
        #expect(corefile.blocks[0].directives[0].arguments[0].text.utf8.count == 10_000_000)
        let shorter = String(repeating: "x", count: 1_000_000)
        #expect(mistake(shorter + " {\n}")?.message == "specified zone is too long: 1000000 > 255")
        let unknown = try #require(mistake(".\n" + shorter))
        #expect(unknown.code == .unknownDirective && unknown.description.utf8.count < 400)
        #expect(mistake(".\nimport " + shorter)?.message == "the path to import is too long")
    }

    @Test("Very many keys, zones or words are an error, not a hang")
    func many() {
        var limits = Corefile.Limits()
        limits.keys = 1000
        let nets = (1...10).map { "\($0).0.0.0/9" }.joined(separator: " ")
        #expect(mistake(nets, limits: limits)?.message == "too many zones")
        #expect(mistake(nets, limits: limits)?.spot == "1:71")
        limits.tokens = 10_000
        #expect(mistake(String(repeating: "a ", count: 10_001), limits: limits)?.message == "too many words")
        let keys = (0..<600).map { "k\($0)" }.joined(separator: " ")
        let addresses = (0..<600).map { "a\($0)" }.joined(separator: " ")
        #expect(mistake(keys + " {\nbind \(addresses)\n}")?.message == "too many zones")
    }

    @Test("Braces without end are an error at the end of the text")
    func braces() {
        let deep = String(repeating: "{ ", count: 10_000)
        #expect(mistake("(a) " + deep)?.code == .syntax)
        #expect(mistake(". " + deep)?.code == .unknownDirective)
        #expect(mistake(".\nlog " + deep)?.code == .syntax)
        #expect(mistake(String(repeating: "} ", count: 10_000))?.spot == "1:1")
    }
}
