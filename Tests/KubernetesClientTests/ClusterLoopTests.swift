import Foundation
import NIOCore
import Testing

@testable import KubernetesClient
@testable import StandInAPIServer

@Suite("A cluster is followed on one thread", .timeLimit(.minutes(1)))
struct ClusterLoopTests {
    @Test("Whatever a reflector tells, it tells on the loop that it arrived on", arguments: Manner.allCases)
    func telling(_ manner: Manner) async throws {
        try await withCluster { server, client in
            try server.apply(Sample.service("a"))
            let told = AsyncStream.makeStream(of: (name: String, isOnLoop: Bool).self)
            let reflector = Reflector<Service>(client: client, settings: manner.settings, logger: LogRecorder().logger)
            {
                let isOnLoop = ClusterLoop.shared.isIsolatingCurrentContext() == true
                switch $0 {
                case .listed(let objects): told.continuation.yield((objects[0].metadata.name, isOnLoop))
                case .listEnded: told.continuation.yield(("", isOnLoop))
                case .added(let object): told.continuation.yield((object.metadata.name, isOnLoop))
                default: break
                }
            }
            let task = Task { await reflector.run() }
            var names: [String] = []
            for await (name, isOnLoop) in told.stream {
                #expect(isOnLoop)
                names.append(name)
                if name.isEmpty { for number in 0..<20 { try server.apply(Sample.service("s\(number)")) } }
                if name == "s19" { break }
            }
            task.cancel()
            await expectEnd(of: "the reflector") { await task.value }
            #expect(names == ["a", ""] + (0..<20).map { "s\($0)" })
        }
    }

    @Test("Work is done when all that has arrived on a connection was taken")
    func afterReading() async {
        let done = AsyncStream.makeStream(of: Int.self)
        ClusterLoop.shared.run(after: .zero) {
            ClusterLoop.shared.beginReading()
            ClusterLoop.shared.run(after: .zero) { done.continuation.yield(2) }
            ClusterLoop.shared.beginReading()
            done.continuation.yield(1)
            ClusterLoop.shared.endReading()
            done.continuation.yield(3)
            ClusterLoop.shared.endReading()
            ClusterLoop.shared.run(after: .zero) { done.continuation.yield(5) }
            done.continuation.yield(4)
        }
        var steps = done.stream.makeAsyncIterator()
        for number in 1...5 { #expect(await steps.next() == number) }
    }

    @Test("Work is done after what is going on, and not before its pause is over")
    func order() async {
        let done = AsyncStream.makeStream(of: Int.self)
        ClusterLoop.shared.run(after: .zero) {
            ClusterLoop.shared.run(after: .zero) { done.continuation.yield(2) }
            done.continuation.yield(1)
        }
        var steps = done.stream.makeAsyncIterator()
        #expect(await [steps.next(), steps.next()] == [1, 2])
        let (start, pause) = (ContinuousClock.now, Duration.milliseconds(2))
        await withCheckedContinuation { continuation in ClusterLoop.shared.run(after: pause) { continuation.resume() } }
        #expect(.now - start >= pause)
    }
}

@Suite("The stand-in writes what it is given")
struct MemberWriterTests {
    @Test("RFC 8259: members come out as they went in")
    func members() throws {
        let labels = ["quoted\"\\": "é/\u{1F600}"]
        let spec: [String: any Sendable] = [
            "number": -7, "yes": true, "no": false, "list": [1, "x"] as [any Sendable],
        ]
        let text = try MemberWriter(["metadata": ["labels": labels], "spec": spec]).bytes
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(text.readableBytesView)) as? [String: [String: Any]])
        #expect(object["metadata"]?["labels"] as? [String: String] == labels)
        let read = object["spec"] ?? [:]
        #expect(read["number"] as? Int == -7 && read["yes"] as? Bool == true && read["no"] as? Bool == false)
        #expect((read["list"] as? [Any])?.first as? Int == 1 && (read["list"] as? [Any])?.last as? String == "x")
    }

    @Test("What is no member is refused")
    func others() {
        #expect(throws: StandInError.malformedObject) { try MemberWriter(["a": 1.5]) }
    }
}
