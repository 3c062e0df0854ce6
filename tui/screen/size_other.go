//go:build !unix

package screen

// watchSize tells no sizes: there is no signal to go by.
func watchSize(func() Size) (tell func(changed func(Size)), stop func()) {
	return nil, func() {}
}
