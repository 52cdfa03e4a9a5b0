import FuzzBodies

@testable import LinearRegex

extension FuzzBody {
    /// The first line is a pattern, the rest a text: a match takes steps in proportion to both, is the same each time, and lies in the
    /// text.
    static let regex = FuzzBody(name: "FuzzRegex") { octets in
        let pattern = String(decoding: octets.prefix { $0 != 0x0A }, as: UTF8.self)
        let text = Array(octets.drop { $0 != 0x0A }.dropFirst())
        let regex: Regex
        do throws(RegexError) {
            regex = try Regex(pattern)
        } catch {
            return (0...pattern.utf8.count).contains(error.position) ? nil : "no place: \(error)"
        }
        return checkProgram(regex) ?? checkSteps(regex, text) ?? checkMatch(regex, text)
    }

    private static func checkProgram(_ regex: Regex) -> String? {
        let program = regex.program
        guard program.instructions.count <= RegexProgram.maximumInstructions else { return "too many instructions" }
        guard program.instructions.count * program.slotCount <= RegexProgram.maximumCells else { return "too large" }
        return regex.groupNames.count == regex.groupCount + 1 ? nil : "\(regex.groupNames.count) group names"
    }

    private static func checkSteps(_ regex: Regex, _ text: [UInt8]) -> String? {
        for captures in [false, true] {
            var machine = RegexMachine(regex.program, captures: captures)
            _ = machine.run(text.span)
            let most = 3 * regex.program.instructions.count * (text.count + 1)
            guard machine.steps <= most else { return "\(machine.steps) steps, at most \(most)" }
        }
        return nil
    }

    private static func checkMatch(_ regex: Regex, _ text: [UInt8]) -> String? {
        let match = regex.firstMatch(in: text)
        guard regex.matches(text) == (match != nil) else { return "matches with captures only, or without only" }
        guard let match else { return nil }
        guard match.count == regex.groupCount + 1 else { return "\(match.count) groups" }
        guard match.range.lowerBound >= 0, match.range.upperBound <= text.count else { return "outside the text" }
        for group in 0..<match.count {
            guard let range = match.range(group) else { continue }
            guard match.range.lowerBound <= range.lowerBound, range.upperBound <= match.range.upperBound else {
                return "group \(group) lies outside the match"
            }
        }
        // What comes before the match is of no account, when nothing looks back at it.
        let head = text[..<match.range.lowerBound]
        return regex.firstMatch(in: text)?.range == match.range && head.count <= text.count
            ? nil : "another match the second time"
    }
}
