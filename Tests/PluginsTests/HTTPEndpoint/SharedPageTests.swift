import Synchronization
import Testing

@testable import Plugins

@Suite("A page that all share")
struct SharedPageTests {
    private static let second: UInt64 = 1_000_000_000

    /// A page whose clock and thread the test is.
    private final class Scene: Sendable {
        struct State {
            var now: UInt64 = 77
            /// What making the page takes.
            var price: UInt64 = 0
            var work: [@Sendable () -> Void] = []
            var made = 0
            var given: [Int?] = []
        }

        let state = Mutex(State())

        func page() -> SharedPage {
            SharedPage(
                clock: { self.state.withLock { $0.now } },
                run: { work in self.state.withLock { $0.work.append(work) } },
                make: {
                    self.state.withLock { state in
                        state.made += 1
                        state.now += state.price
                    }
                    return HTTPReply("page")
                })
        }

        func ask(_ page: SharedPage, times: Int = 1) {
            for _ in 0..<times { page.give { reply in self.state.withLock { $0.given.append(reply.page) } } }
        }

        /// Does what was to be done elsewhere; gives how many pieces of work that was.
        func work() -> Int {
            let work = state.withLock { state in
                defer { state.work = [] }
                return state.work
            }
            for work in work { work() }
            return work.count
        }

        func pass(_ time: UInt64) { state.withLock { $0.now += time } }
        var given: [Int?] { state.withLock { $0.given } }
    }

    @Test("who asks while it is made waits for that one, and is given it")
    func together() {
        let scene = Scene()
        let page = scene.page()
        scene.ask(page, times: 60)
        #expect(scene.given.isEmpty)
        #expect(scene.work() == 1)
        #expect(scene.given == Array(repeating: 1, count: 60))
    }

    @Test("for half a second all are given the same, then another is made")
    func sharing() {
        let scene = Scene()
        let page = scene.page()
        scene.ask(page)
        #expect(scene.work() == 1)
        scene.pass(Self.second / 2 - 1)
        scene.ask(page)
        #expect(scene.work() == 0)
        scene.pass(1)
        scene.ask(page)
        #expect(scene.work() == 1)
        #expect(scene.given == [1, 1, 2])
    }

    @Test("one that takes long to make is shared for four times as long: it takes a fifth of a core at most")
    func expensive() {
        let scene = Scene()
        scene.state.withLock { $0.price = Self.second }
        let page = scene.page()
        scene.ask(page)
        #expect(scene.work() == 1)
        scene.pass(4 * Self.second - 1)
        scene.ask(page)
        #expect(scene.work() == 0)
        scene.pass(1)
        scene.ask(page)
        #expect(scene.work() == 1)
    }
}
