import Testing

@testable import Plugins

@Suite("How fast pictures of a cluster follow each other")
struct PublicationPaceTests {
    @Test("Changes are published at once, several after each other too")
    func atOnce() {
        var pace = PublicationPace()
        for number in 0..<20 {
            let now = Duration.microseconds(50 * number)
            #expect(pace.pause(now: now, isComplete: true) == .zero)
            pace.published(from: now, to: now + .microseconds(20))
        }
    }

    @Test("Without end they take a fifth of the time, whatever one takes", arguments: [20, 500, 400_000])
    func share(_ microseconds: Int) {
        var pace = PublicationPace()
        var (now, spent) = (Duration.zero, Duration.zero)
        for _ in 0..<1_000 {
            now += pace.pause(now: now, isComplete: true)
            pace.published(from: now, to: now + .microseconds(microseconds))
            spent += .microseconds(microseconds)
            now += .microseconds(microseconds)
        }
        let bound = (now + .microseconds(microseconds)) / PublicationPace.share + PublicationPace.mostCredit
        #expect(spent <= bound + .microseconds(microseconds))
    }

    @Test("While the state is not known as a whole there is a tenth of a second between two")
    func start() {
        var pace = PublicationPace()
        #expect(pace.pause(now: .seconds(1), isComplete: false) == .zero)
        pace.published(from: .seconds(1), to: .seconds(1) + .microseconds(20))
        let now = Duration.seconds(1) + .milliseconds(40)
        #expect(pace.pause(now: now, isComplete: false) == .milliseconds(60) + .microseconds(20))
        #expect(pace.pause(now: now, isComplete: true) == .zero)
    }
}
