import Testing

@testable import KubernetesClient

@Suite("Texts that are only compared")
struct JSONTokenTests {
    @Test("A text of any length is equal to itself alone", arguments: [0, 1, 7, 8, 9, 16, 17, 24, 41, 47, 48, 49, 100])
    func lengths(_ count: Int) {
        let text = Array("k8s.io/0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLM".utf8.prefix(count))
        for padding in [0, 20] {
            let octets = [0x22] + text + [UInt8](repeating: 0x22, count: padding)
            let token = JSONToken(octets.span, 1..<1 + text.count)
            #expect((token == "") == (count == 0))
            #expect((token == "k") == (count == 1))
            #expect((token == "k8s.io/0") == (count == 8))
            #expect((token == "k8s.io/01") == (count == 9))
            #expect((token == "k8s.io/0123456789") == (count == 17))
            #expect((token == "k8s.io/0123456789abcdefghijklmnopqrstuvwxyz-ABCD") == (count == 48))
        }
    }

    @Test("A text that differs in one octet is another, wherever it is", arguments: 0..<48)
    func octets(_ place: Int) {
        var octets = Array("k8s.io/0123456789abcdefghijklmnopqrstuvwxyz-ABCD".utf8)
        octets[place] ^= 1
        #expect(!(JSONToken(octets.span, 0..<48) == "k8s.io/0123456789abcdefghijklmnopqrstuvwxyz-ABCD"))
    }
}
