/// Numbers from 0 in groups that grow together.
struct DisjointGroups {
  private var parents: [Int32]

  init(count: Int) { parents = (0..<count).map(Int32.init) }

  /// The number that stands for a number's group.
  mutating func root(_ number: Int) -> Int {
    var number = number
    while parents[number] != Int32(number) {
      parents[number] = parents[Int(parents[number])]
      number = Int(parents[number])
    }
    return number
  }

  /// Makes two groups one, for which `root` stands: the root of one of them.
  mutating func join(_ first: Int, _ second: Int, root: Int) {
    parents[self.root(first)] = Int32(root)
    parents[self.root(second)] = Int32(root)
  }

  /// The groups of at least two numbers.
  mutating func groups() -> [[Int]] {
    var members: [Int: [Int]] = [:]
    for number in parents.indices where root(number) != number { members[root(number), default: []].append(number) }
    return members.map { [$0.key] + $0.value }
  }
}
