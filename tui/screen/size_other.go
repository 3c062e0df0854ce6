//go:build !unix

package screen

// watchSize gives no sizes: there is no signal to go by.
func watchSize(func() Size) (sizes <-chan Size, stop func()) {
	return nil, func() {}
}
