import FoundationEssentials
import KubernetesClient
import Testing

@testable import Plugins

@Suite("Label selectors")
struct LabelSelectorTests {
    @Test(
        "A selector lets through what its requirements say, all of them",
        arguments: [
            ("", [:], true), ("  ", [:], true),
            ("app=web", ["app": "web"], true), ("app=web", ["app": "db"], false), ("app=web", [:], false),
            ("app==web", ["app": "web"], true), ("app = web", ["app": "web"], true),
            ("app=", ["app": ""], true), ("app=", ["app": "web"], false),
            ("app=,tier", ["app": "", "tier": "x"], true),
            ("app!=web", ["app": "web"], false), ("app!=web", ["app": "db"], true), ("app!=web", [:], true),
            ("app", ["app": ""], true), ("app", [:], false), ("!app", [:], true), ("! app", ["app": "web"], false),
            ("environment in (staging, qa),application=nginx", ["environment": "qa", "application": "nginx"], true),
            ("environment in (staging, qa),application=nginx", ["environment": "prod", "application": "nginx"], false),
            ("environment in (staging, qa),application=nginx", ["environment": "qa"], false),
            ("tier notin (a,b)", ["tier": "a"], false), ("tier notin (a,b)", ["tier": "c"], true),
            ("tier notin (a,b)", [:], true), ("tier in ()", ["tier": ""], true), ("tier in (,a)", ["tier": ""], true),
            ("in in (in)", ["in": "in"], true), ("notin=in", ["notin": "in"], true),
            ("example.org/app.x_y=A-1", ["example.org/app.x_y": "A-1"], true),
        ] as [(String, [String: String], Bool)])
    func matches(_ text: String, _ labels: [String: String], _ isSelected: Bool) throws {
        let selector = try LabelSelector(parsing: text)
        #expect(selector.matches(labels) == isSelected && selector.text == text)
    }

    @Test(
        "A mistake says what was found and what was expected",
        arguments: [
            ("app=web,", "found the end, expected a label's key"), (",app", "found ',', expected a label's key"),
            ("app web", "found 'web', expected one of =, ==, !=, in, notin"),
            ("=web", "found '=', expected a label's key"),
            ("app=web db", "found 'db', expected ',' or the end"), ("app in web", "found 'web', expected '('"),
            ("app in (web", "found the end, expected ',' or ')'"), ("app>5", "found '>', expected one of"),
            ("app===web", "found '=', expected a value"), ("!!app", "found '!', expected a label's key"),
            ("app=-web", "'-web' is no value of a label"), ("a/b/c", "'a/b/c' is no key of a label"),
            ("-a", "'-a' is no key of a label"), ("/a", "'/a' is no key of a label"),
            ("a/", "'a/' is no key of a label"),
            ("A_b/c", "'A_b/c' is no key of a label"), ("!", "found the end, expected a label's key"),
            ("a=(b)", "found '(', expected a value"), ("a=b)", "found ')', expected ',' or the end"),
            ("a=" + String(repeating: "x", count: 64), "'xxx"), ("ä=b", "'ä' is no key of a label"),
        ])
    func mistakes(_ text: String, _ message: String) {
        do {
            _ = try LabelSelector(parsing: text)
            Issue.record("no mistake found")
        } catch {
            #expect(error.description.hasPrefix(message), "\(error)")
        }
    }

    @Test("A selector of any length is read in one pass")
    func longSelectors() throws {
        let many = (0..<20_000).map { "k\($0) in (a,b)" }.joined(separator: ",")
        #expect(try LabelSelector(parsing: many).requirements.count == 20_000)
        #expect(throws: LabelSelector.Mistake.self) {
            try LabelSelector(parsing: String(repeating: "(", count: 100_000))
        }
    }

    @Test(
        "Manifests are selected as an API server would: objects by their labels, namespaces by theirs and by their name"
    )
    func manifests() throws {
        let text = """
            {kind: Service, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {clusterIP: 10.96.0.1}}
            ---
            {kind: Service, metadata: {name: db, namespace: shop}, spec: {clusterIP: 10.96.0.2}}
            ---
            {kind: EndpointSlice, metadata: {name: web-1, namespace: shop, labels: {app: web, kubernetes.io/service-name: web}},
             addressType: IPv4, endpoints: [{addresses: [10.0.0.1]}]}
            ---
            {kind: EndpointSlice, metadata: {name: db-1, namespace: shop, labels: {kubernetes.io/service-name: db}},
             addressType: IPv4, endpoints: [{addresses: [10.0.0.2]}]}
            ---
            {kind: Pod, metadata: {name: web-0, namespace: shop, labels: {app: web}}, status: {podIP: 10.0.0.1, phase: Running}}
            ---
            {kind: Pod, metadata: {name: db-0, namespace: shop}, status: {podIP: 10.0.0.2, phase: Running}}
            ---
            {kind: Namespace, metadata: {name: team, labels: {owner: us}}}
            """
        var all = Manifests()
        all.add(try Manifests(parsing: text))
        let manifests = all.completed
        #expect(manifests.selected(by: nil, namespaces: nil) == manifests)
        let web = manifests.selected(by: try LabelSelector(parsing: "app=web"), namespaces: nil)
        #expect(web.services.map(\.metadata.name) == ["web"] && web.slices.map(\.metadata.name) == ["web-1"])
        #expect(web.pods.map(\.metadata.name) == ["web-0"] && web.namespaces.count == 3)
        let others = manifests.selected(by: try LabelSelector(parsing: "!app"), namespaces: nil)
        #expect(others.services.map(\.metadata.name) == ["db"] && others.slices.map(\.metadata.name) == ["db-1"])
        let ours = manifests.selected(by: nil, namespaces: try LabelSelector(parsing: "owner=us"))
        #expect(ours.namespaces.map(\.metadata.name) == ["team"] && ours.services.count == 2)
        let named = manifests.selected(
            by: nil, namespaces: try LabelSelector(parsing: "kubernetes.io/metadata.name in (shop)"))
        #expect(named.namespaces.map(\.metadata.name) == ["shop"])
    }
}
