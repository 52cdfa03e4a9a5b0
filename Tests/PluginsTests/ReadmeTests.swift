import Corefile
import DNSServer
import Foundation
import Testing

@testable import Plugins

@Suite("The plugins' pages")
struct ReadmeTests {
    /// Every folder with a page.
    private static let plugins: [String] =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { FileManager.default.fileExists(atPath: folder.appending(path: "\($0)/README.md").path) }.sorted()
    /// Plugins whose examples have a `kubernetes` without an API server that is here.
    private static let onCluster: Set<String> = ["autopath", "k8s_external", "kubernetes"]

    /// The name of a folder's directive.
    private static func directive(_ plugin: String) -> String {
        plugin == "K8sExternal" ? "k8s_external" : plugin.lowercased()
    }
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Sources/Plugins")

    private func text(_ plugin: String, _ file: String = "README.md") throws -> String {
        try String(contentsOf: Self.folder.appending(path: "\(plugin)/\(file)"), encoding: .utf8)
    }

    @Test("every plugin that is served has a page")
    func pages() {
        #expect(Self.plugins.map(Self.directive).sorted() == PluginOrder.definitions.map(\.name).sorted())
    }

    @Test("the page has CoreDNS's parts, in one order", arguments: plugins)
    func parts(_ plugin: String) throws {
        let lines = try text(plugin).split(separator: "\n")
        #expect(lines.first == "# \(Self.directive(plugin))")
        let parts = lines.filter { $0.hasPrefix("## ") }.map { $0.dropFirst(3) }
        #expect(
            parts.starts(
                with: ["Name", "Description", "Syntax", "Examples", "Metrics", "Ready", "Differences"].map { $0[...] }))
    }

    @Test("every example is a configuration that can be read", arguments: plugins)
    func examples(_ plugin: String) throws {
        let page = try text(plugin)
        let examples = page[try #require(page.range(of: "## Examples")).upperBound...]
        let blocks = examples.components(separatedBy: "~~~ corefile\n").dropFirst().map {
            $0.components(separatedBy: "\n~~~")[0]
        }
        #expect(!blocks.isEmpty)
        for block in blocks {
            let name = Self.directive(plugin)
            guard !Self.onCluster.contains(name) else {
                try readOnCluster(block, name)
                continue
            }
            let bench = try PluginBench(block, PluginOrder.definitions)
            #expect(bench.pluginNames.contains(name), "\(block)")
        }
    }

    /// These examples can be read but not be made into plugins.
    private func readOnCluster(_ text: String, _ name: String) throws {
        let blocks = try Corefile.parse(text: text).blocks
        #expect(blocks.count == 1)
        for block in blocks {
            #expect(!block.directives(named: name).isEmpty)
            func read<Configuration>(_ declaration: DirectiveDeclaration<Configuration>, _ initial: Configuration)
                throws
            {
                _ = try declaration.read(
                    block.directives(named: declaration.name), serverZones: block.zones, initial: initial)
            }
            try read(KubernetesConfiguration.directive, KubernetesConfiguration())
            try read(K8sExternalConfiguration.directive, K8sExternalConfiguration())
            try read(AutopathConfiguration.directive, AutopathConfiguration())
        }
    }

    @Test("the metrics of the page are those of the code", arguments: plugins)
    func metrics(_ plugin: String) throws {
        let files = try FileManager.default.subpathsOfDirectory(atPath: Self.folder.appending(path: plugin).path)
        let code = try files.filter { $0.hasSuffix(".swift") }.map { try text(plugin, $0) }.joined()
        #expect(try names(in: text(plugin), after: "`") == names(in: code, after: "\""))
    }

    private func names(in text: String, after mark: String) -> Set<String> {
        Set(
            text.components(separatedBy: mark + "coredns_").dropFirst().map { part in
                "coredns_" + part.prefix { $0.isLetter || $0 == "_" }
            })
    }
}
