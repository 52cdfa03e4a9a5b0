import KubernetesClient
import Testing

@testable import Plugins

extension ClusterState {
    /// Takes what has arrived together: nothing else has its turn in between.
    fileprivate func takeAll(_ events: [ResourceEvent<Service>]) {
        for event in events { take(event) }
    }

    /// The version of the snapshot when what is due now has been done.
    fileprivate func versionAfterTurn() async -> UInt64 {
        await withCheckedContinuation { continuation in ClusterLoop.shared.run(after: .zero) { continuation.resume() } }
        return publisher.version
    }

    fileprivate var isOnLoop: Bool { ClusterLoop.shared.isIsolatingCurrentContext() == true }
}

@Suite("One writer makes a cluster's pictures")
struct ClusterStateTests {
    private func makeState() async -> ClusterState {
        let state = ClusterState(ClusterModel(expecting: [.services]))
        await state.takeAll([.listBegan, .listEnded(resourceVersion: "1")])
        return state
    }

    private func added(_ name: String) -> ResourceEvent<Service> {
        .added(Service(metadata: ObjectMetadata(name: name, namespace: "a")))
    }

    @Test("The state is known with the list's end, at once")
    func end() async {
        let state = await makeState()
        #expect(state.publisher.snapshot.isSynced)
    }

    @Test("What arrives together makes one picture, when all of it is taken")
    func together() async {
        let state = await makeState()
        let before = state.publisher.version
        await state.takeAll((0..<50).map { added("s\($0)") })
        while state.publisher.snapshot.services.entries.count < 50 { _ = await state.versionAfterTurn() }
        #expect(state.publisher.version == before + 1)
    }

    @Test("Pictures follow each other with a pause, and the last one shows everything")
    func pause() async {
        let state = await makeState()
        for number in 0..<200 { await state.takeAll([added("s\(number)")]) }
        while state.publisher.snapshot.services.entries.count < 200 { _ = await state.versionAfterTurn() }
        #expect(state.publisher.snapshot.services.entries.count == 200)
    }

    @Test("It works on the loop that events arrive on, whoever calls")
    func loop() async {
        let state = await makeState()
        #expect(await state.isOnLoop)
        #expect(await Task.detached { await state.isOnLoop }.value)
    }
}
