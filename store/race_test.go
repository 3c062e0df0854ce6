//go:build race

package store_test

// underRace is whether the race detector watches, under which SQLite is ten
// times slower. Tests in which no two goroutines meet leave themselves out.
const underRace = true
