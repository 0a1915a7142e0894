import Kindred

print(kindredVersion)
