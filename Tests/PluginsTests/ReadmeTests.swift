import Corefile
import Foundation
import Testing

@testable import Plugins

@Suite("The plugins' pages")
struct ReadmeTests {
    private static let plugins = [
        "Bind", "Cache", "Errors", "Forward", "Health", "Hosts", "Kubernetes", "Loadbalance", "Log", "Loop",
        "Prometheus",
        "Ready", "Reload", "Template", "Whoami",
    ]
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Sources/Plugins")

    private func text(_ plugin: String, _ file: String = "README.md") throws -> String {
        try String(contentsOf: Self.folder.appending(path: "\(plugin)/\(file)"), encoding: .utf8)
    }

    @Test("the page has CoreDNS's parts, in one order", arguments: plugins)
    func parts(_ plugin: String) throws {
        let lines = try text(plugin).split(separator: "\n")
        #expect(lines.first == "# \(plugin.lowercased())")
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
            let name = plugin.lowercased()
            guard name != "kubernetes" else {
                try readKubernetes(block)
                continue
            }
            let bench = try PluginBench(block, PluginOrder.definitions)
            #expect(bench.pluginNames.contains(name), "\(block)")
        }
    }

    /// Its examples name API servers that are not here, so that they can be read but not be made into plugins.
    private func readKubernetes(_ text: String) throws {
        let blocks = try Corefile.parse(text: text).blocks
        #expect(blocks.count == 1)
        for block in blocks {
            _ = try KubernetesConfiguration.directive.read(
                block.directives(named: "kubernetes"), serverZones: block.zones, initial: KubernetesConfiguration())
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
