import Testing

@testable import Plugins

@Suite("What is done about a loop")
struct LoopWatchTests {
    private typealias Event = LoopWatch.Event
    private typealias Action = LoopWatch.Action

    private static let second: UInt64 = 1_000_000_000
    private static let ask = Action.ask(answerTime: 2 * second)
    /// Before asking again what had no answer.
    private static let retry = Action.pause(second)
    /// Before asking again while a loop is suspected.
    private static let confirm = Action.pause(2 * second)

    /// A watch whose clock goes on by what it waits for.
    private struct Play {
        var watch = LoopWatch()
        var now: UInt64 = 77

        mutating func take(_ event: Event) -> [Action] {
            watch.take(event, at: now)
        }

        /// Lets `time` pass, of which the watch is told.
        mutating func pass(_ time: UInt64) -> [Action] {
            now += time
            return watch.take(.timeIsUp, at: now)
        }
    }

    private func began() -> Play {
        var play = Play()
        #expect(play.take(.began) == [Self.ask])
        return play
    }

    /// One whose question has come back once.
    private func suspicious() -> Play {
        var play = began()
        #expect(play.take(.seenAgain) == [.suspect, Self.confirm])
        #expect(play.pass(2 * Self.second) == [Self.ask])
        return play
    }

    @Test("a question that is answered ends the watch, whatever the answer", arguments: [true, false])
    func answered(isFailure: Bool) {
        var play = began()
        #expect(play.take(.answered(isFailure: isFailure)) == [.end])
        for event in [Event.began, .seenAgain, .unanswered, .timeIsUp] { #expect(play.take(event) == []) }
    }

    @Test("one that is not answered, or cannot be sent, is asked anew after a second, for half a minute")
    func unanswered() {
        var play = began()
        var questions = 1
        while true {
            let isSent = questions.isMultiple(of: 2)
            #expect((isSent ? play.pass(2 * Self.second) : play.take(.unanswered)) == [Self.retry])
            let next = play.pass(Self.second)
            guard next == [Self.ask] else {
                #expect(next == [.end])
                break
            }
            questions += 1
        }
        #expect(play.now >= 77 + 30 * Self.second && play.now < 77 + 33 * Self.second)
        #expect(questions == 16)
    }

    @Test("a loop lasts when five questions in a row have come back, two seconds apart")
    func lasting() {
        var play = suspicious()
        for _ in 0..<3 {
            #expect(play.take(.seenAgain) == [Self.confirm])
            #expect(play.pass(2 * Self.second) == [Self.ask])
        }
        #expect(play.take(.seenAgain) == [.convict, .end])
        #expect(play.now == 77 + 8 * Self.second)
    }

    @Test("questions that another host sends back prove nothing: the loop is contained, and watched until it is over")
    func contained() {
        var play = began()
        #expect(play.take(.seenFromAfar) == [.suspect, Self.confirm])
        #expect(play.pass(2 * Self.second) == [Self.ask])
        for _ in 0..<3 {
            #expect(play.take(.seenFromAfar) == [Self.confirm])
            #expect(play.pass(2 * Self.second) == [Self.ask])
        }
        #expect(play.take(.seenFromAfar) == [.contain, Action.pause(30 * Self.second)])
        for _ in 0..<20 {
            #expect(play.pass(30 * Self.second) == [Self.ask])
            #expect(play.take(.seenFromAfar) == [Action.pause(30 * Self.second)])
        }
        #expect(play.pass(30 * Self.second) == [Self.ask])
        for _ in 0..<2 {
            #expect(play.take(.answered(isFailure: false)) == [Self.confirm])
            #expect(play.pass(2 * Self.second) == [Self.ask])
        }
        #expect(play.take(.answered(isFailure: false)) == [.acquit, .end])
    }

    @Test("one question of five that another host sent is enough for doubt; five more of this host's are a proof")
    func mixed() {
        var play = suspicious()
        for event in [Event.seenAgain, .seenAgain, .seenFromAfar] {
            #expect(play.take(event) == [Self.confirm])
            #expect(play.pass(2 * Self.second) == [Self.ask])
        }
        #expect(play.take(.seenAgain) == [.contain, Action.pause(30 * Self.second)])
        for _ in 0..<3 {
            #expect(play.pass(30 * Self.second) == [Self.ask])
            #expect(play.take(.seenAgain) == [Action.pause(30 * Self.second)])
        }
        #expect(play.pass(30 * Self.second) == [Self.ask])
        #expect(play.take(.seenAgain) == [.convict, .end])
    }

    @Test("three answers in a row clear the suspicion")
    func passing() {
        var play = suspicious()
        for _ in 0..<2 {
            #expect(play.take(.answered(isFailure: false)) == [Self.confirm])
            #expect(play.pass(2 * Self.second) == [Self.ask])
        }
        #expect(play.take(.answered(isFailure: false)) == [.acquit, .end])
    }

    @Test("findings count in a row only, and so do answers")
    func rows() {
        var play = suspicious()
        for _ in 0..<3 {
            for event in [Event.seenAgain, .seenAgain, .answered(isFailure: false), .answered(isFailure: false)] {
                #expect(play.take(event) == [Self.confirm])
                #expect(play.pass(2 * Self.second) == [Self.ask])
            }
        }
    }

    @Test("an error and silence say nothing, neither for a loop nor against it")
    func inconclusive() {
        var play = suspicious()
        for round in 0..<4 {
            #expect(play.take(.answered(isFailure: true)) == [Self.retry])
            #expect(play.pass(Self.second) == [Self.ask])
            #expect(play.pass(2 * Self.second) == [Self.retry])
            #expect(play.pass(Self.second) == [Self.ask])
            let actions = play.take(.seenAgain)
            guard round < 3 else {
                #expect(actions == [.convict, .end])
                return
            }
            #expect(actions == [Self.confirm])
            #expect(play.pass(2 * Self.second) == [Self.ask])
        }
    }

    @Test("what comes and goes is given up after a minute of suspicion")
    func undecided() {
        var play = suspicious()
        var next = [Self.ask]
        for number in 0..<40 where next == [Self.ask] {
            let event = number.isMultiple(of: 2) ? Event.seenAgain : .answered(isFailure: false)
            #expect(play.take(event) == [Self.confirm])
            next = play.pass(2 * Self.second)
        }
        #expect(next == [.giveUp, .end])
        #expect(play.now == 77 + 60 * Self.second)
    }

    @Test("what comes late, during a pause, changes nothing")
    func late() {
        var play = began()
        #expect(play.take(.seenAgain) == [.suspect, Self.confirm])
        for event in [Event.seenAgain, .answered(isFailure: false), .unanswered, .began] {
            #expect(play.take(event) == [])
        }
        #expect(play.pass(2 * Self.second) == [Self.ask])
    }
}
