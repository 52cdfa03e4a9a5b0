import Corefile
import DNSWire
import Glibc
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("What a reload leaves behind")
struct RetiredHandlersTests {
    /// The threads on which handlers were asked to retire, and on which they went.
    private final class Book: Sendable {
        let retired = Mutex<[UInt]>([])
        let gone = Mutex<[UInt]>([])

        static var thread: UInt { UInt(pthread_self()) }
    }

    private final class Handler: QueryHandler {
        let book: Book

        init(_ book: Book) {
            self.book = book
        }

        deinit {
            book.gone.withLock { $0.append(Book.thread) }
        }

        func handle(_ query: Query) -> Verdict { .next }

        func retire(on worker: Worker) {
            book.retired.withLock { $0.append(Book.thread) }
        }
    }

    @Test("the last release of a retired chain happens on its worker's thread, as sockets lead to it without counting")
    func lastRelease() async throws {
        let (port, book) = (try FreePort.take(), Book())
        let corefile = { (comment: String) in "\(comment)\n.:\(port) {\nbind 127.0.0.1\nlog\nwhoami\n}\n" }
        let file = try TemporaryFile(corefile("# 1"))
        let plugin = PluginDefinition("log") { _, _ in HandlerPlugin("log") { _ in Handler(book) } }
        let server = try Server(
            options: .init(
                corefilePath: file.path, environment: [:], workers: 2,
                plugins: [BindPlugin.definition, plugin, WhoamiPlugin.definition]),
            metrics: MetricsRegistry())
        try await server.start()
        for number in 2...20 {
            try file.write(corefile("# \(number)"))
            guard case .reloaded = await server.reload(reason: "test") else { return #expect(Bool(false), "reloaded") }
        }
        let (retired, gone) = (book.retired.withLock(\.self), book.gone.withLock(\.self))
        #expect(gone.count == 19 * 2 && gone == retired)
        await server.shutDown()
    }
}
