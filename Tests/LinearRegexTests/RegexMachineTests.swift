import Testing

@testable import LinearRegex

@Suite struct RegexMachineTests {
    static let pathological: [(String, String)] = [
        ("(a*)*b", String(repeating: "a", count: 250)), ("(a+)+$", String(repeating: "a", count: 249) + "!"),
        ("(a|aa)+$", String(repeating: "a", count: 249) + "!"), ("(a|a)*b", String(repeating: "a", count: 250)),
        ("(.*)*x", String(repeating: "a", count: 250)), ("((a*)*)*b", String(repeating: "a", count: 250)),
        ("(?:a?){100}a{100}", String(repeating: "a", count: 100)), ("(x+x+)+y", String(repeating: "x", count: 250)),
        ("^(([a-z])+.)+[A-Z]([a-z])+$", String(repeating: "a", count: 250)),
        ("(?:(?:(?:a{0,10}){0,10}){0,10})*b", String(repeating: "a", count: 250)),
        ("(\\w+\\.)*\\w+@", String(repeating: "a.", count: 125)), ("(|a)*b", String(repeating: "a", count: 250)),
        ("(a*?)*?b", String(repeating: "a", count: 250)), ("(^|a)*b", String(repeating: "a", count: 250)),
    ]

    @Test("no pattern takes more than a few steps for each instruction and byte", arguments: pathological)
    func linear(_ pattern: String, _ text: String) throws {
        let program = try Regex(pattern).program
        for captures in [false, true] {
            var machine = RegexMachine(program, captures: captures)
            let bytes = Array(text.utf8)
            _ = machine.run(bytes.span)
            #expect(machine.steps > 0)
            #expect(machine.steps <= 3 * program.instructions.count * (bytes.count + 1))
        }
    }

    @Test("twice the text takes about twice the steps", arguments: pathological)
    func growth(_ pattern: String, _ text: String) throws {
        let program = try Regex(pattern).program
        let steps = [text, text + text].map { text in
            var machine = RegexMachine(program, captures: true)
            _ = machine.run(Array(text.utf8).span)
            return machine.steps
        }
        #expect(steps[1] <= 3 * steps[0])
    }

    @Test("a pattern bound to the begin, or one whose first byte is not there, looks no further")
    func shortcuts() throws {
        let text = Array(String(repeating: "a", count: 1_000).utf8)
        for pattern in ["^b", "\\A(b)", "(^b.*)", "b+a", "(?i)[x-z]a"] {
            var machine = RegexMachine(try Regex(pattern).program, captures: true)
            let hasMatch = machine.run(text.span)
            #expect(!hasMatch)
            #expect(machine.steps < 10)
        }
    }

    @Test("without captures a match ends at its first sight")
    func firstSight() throws {
        var machine = RegexMachine(try Regex("a+").program, captures: false)
        let hasMatch = machine.run([UInt8](repeating: 0x61, count: 1_000).span)
        #expect(hasMatch)
        #expect(machine.steps < 10)
    }
}
