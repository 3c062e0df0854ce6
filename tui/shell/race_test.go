//go:build race

package shell

// underRace is whether the race detector watches, under which sync.Pool drops at
// random what it is given, so that more is allocated.
const underRace = true
