import Testing

@testable import stand_in_cluster

private let mistakes = [
    "", "event", "event x", "event 1 2", "churn 5", "churn x 1", "churn 1 -1", "random 1", "random 1 2 x", "names",
    "expire now",
    "unknown",
]

@Suite("Commands of stand-in-cluster")
struct CommandTests {
    @Test("A rate of random changes may be left out")
    func random() throws {
        guard case .random(10, 7, let full)? = Command("random 10 7"),
            case .random(10, 7, let limited)? = Command("random 10 7 5")
        else {
            Issue.record("not taken as a command for random changes")
            return
        }
        #expect(full == 0)
        #expect(limited == 5)
    }

    @Test("What is no command is not taken for one", arguments: mistakes)
    func mistake(line: String) {
        #expect(Command(line) == nil)
    }

    @Test("Addresses are written as the objects and the DNS have them")
    func addresses() {
        #expect(Address.text(0x0A80_0102) == "10.128.1.2")
        #expect(Address.text(0x0A80_0102, separator: "-") == "10-128-1-2")
        #expect(Address.reverse(0x0A80_0102) == "2.1.128.10.in-addr.arpa.")
    }
}
