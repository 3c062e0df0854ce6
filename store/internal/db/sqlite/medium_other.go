//go:build !unix

package sqlite

func readOnlyMedium(string) bool { return false }
