import Basics
import KubernetesClient
import Testing

@testable import Plugins

@Suite("Endpoints on their way from one slice to another")
struct LingeringEndpointsTests {
    private static func slice(_ number: Int, _ endpoints: [EndpointSlice.Endpoint]) -> EndpointSlice {
        EndpointSlice(
            metadata: ObjectMetadata(name: "web-\(number)", namespace: "ns"), serviceName: "web", endpoints: endpoints,
            ports: [.http])
    }

    /// A headless service with endpoints 10.0.0.1 and .2 in one slice and .3 in another.
    private static func model() -> ClusterModel {
        var model = ClusterModel(expecting: [])
        model.replace(with: [Service(metadata: ObjectMetadata(name: "web", namespace: "ns"), isHeadless: true)])
        model.replace(with: [slice(1, [.at("10.0.0.1"), .at("10.0.0.2")]), slice(2, [.at("10.0.0.3")])])
        _ = model.commit(serial: 1)
        return model
    }

    private static func addresses(_ model: inout ClusterModel) -> [String] {
        _ = model.commit(serial: 2)
        let wire = WireLabel.encode("web", "ns") ?? []
        return model.snapshot.services.find(wire)?.endpoints?.addresses.addresses.map(\.description) ?? []
    }

    @Test("One that left a slice without a word stays until it appears in another slice, and is there but once")
    func moves() {
        var model = Self.model()
        model.apply(.modified(Self.slice(1, [.at("10.0.0.1")])), now: .seconds(5))
        #expect(Self.addresses(&model) == ["10.0.0.1", "10.0.0.2", "10.0.0.3"])
        model.apply(.modified(Self.slice(2, [.at("10.0.0.2"), .at("10.0.0.3")])), now: .milliseconds(5_400))
        #expect(Self.addresses(&model) == ["10.0.0.1", "10.0.0.2", "10.0.0.3"])
        #expect(model.nextExpiry == nil)
        model.expire(now: .seconds(60))
        #expect(Self.addresses(&model) == ["10.0.0.1", "10.0.0.2", "10.0.0.3"])
    }

    @Test("One that does not appear again is gone after a second")
    func expires() {
        var model = Self.model()
        model.apply(.modified(Self.slice(1, [.at("10.0.0.1")])), now: .seconds(5))
        #expect(model.nextExpiry == .seconds(6))
        model.expire(now: .milliseconds(5_999))
        #expect(Self.addresses(&model).count == 3)
        model.expire(now: .seconds(6))
        #expect(Self.addresses(&model) == ["10.0.0.1", "10.0.0.3"])
        #expect(model.nextExpiry == nil)
    }

    @Test("One that is said not to be ready, in whichever slice, is gone at once")
    func notReady() {
        var model = Self.model()
        model.apply(.modified(Self.slice(1, [.at("10.0.0.1", isReady: false), .at("10.0.0.2")])), now: .seconds(5))
        #expect(Self.addresses(&model) == ["10.0.0.2", "10.0.0.3"])
        model.apply(.modified(Self.slice(1, [])), now: .seconds(5))
        #expect(Self.addresses(&model) == ["10.0.0.2", "10.0.0.3"])
        model.apply(.modified(Self.slice(2, [.at("10.0.0.2", isReady: false), .at("10.0.0.3")])), now: .seconds(5))
        #expect(Self.addresses(&model) == ["10.0.0.3"])
        #expect(model.nextExpiry == nil)
    }

    @Test("A deleted slice leaves its endpoints for a moment, the last one of a service takes all with it")
    func deletion() {
        var model = Self.model()
        model.apply(.deleted(Self.slice(1, [])), now: .seconds(5))
        #expect(Self.addresses(&model).count == 3)
        model.apply(.deleted(Self.slice(2, [])), now: .seconds(5))
        #expect(Self.addresses(&model) == [])
        #expect(model.nextExpiry == nil)
    }

    @Test("Endpoints of a service with one slice of a family go at once")
    func singleSlice() {
        var model = ClusterModel(expecting: [])
        model.replace(with: [Service(metadata: ObjectMetadata(name: "web", namespace: "ns"), isHeadless: true)])
        model.replace(with: [Self.slice(1, [.at("10.0.0.1"), .at("10.0.0.2")]), Self.slice(2, [.at("fd00::3")])])
        model.apply(.modified(Self.slice(1, [.at("10.0.0.1")])), now: .seconds(5))
        #expect(Self.addresses(&model) == ["10.0.0.1", "fd00::3"])
    }

    @Test("A list takes out at once what it does not show")
    func lists() {
        var model = Self.model()
        model.replace(with: [Self.slice(1, [.at("10.0.0.1")]), Self.slice(2, [.at("10.0.0.3")])])
        #expect(Self.addresses(&model) == ["10.0.0.1", "10.0.0.3"])
    }

    @Test("Removing everything of a service leaves nothing behind, whatever lingers")
    func bounded() {
        var model = Self.model()
        for number in 1...50 {
            let kept = number.isMultiple(of: 2) ? "10.0.0.1" : "10.0.0.2"
            model.apply(.modified(Self.slice(1, [.at(kept)])), now: .seconds(5))
            _ = model.commit(serial: 3)
        }
        model.expire(now: .seconds(7))
        #expect(Self.addresses(&model) == ["10.0.0.1", "10.0.0.3"])
        #expect(model.nextExpiry == nil)
    }
}
