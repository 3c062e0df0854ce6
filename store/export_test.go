package store

import "context"

// TextEnd is what the rows of the text indexes end in.
const TextEnd = textEnd

// Statements lists the queries that the readers have compiled so far.
func (s *Store) Statements(ctx context.Context) (list []string, err error) {
	for range readers {
		c, err := s.reader.Conn(ctx)
		if err != nil {
			return nil, err
		}
		defer c.Close() // after the loop, so that each is another one
		if err := c.Raw(func(d any) error {
			for query := range d.(*conn).kept {
				list = append(list, query)
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return list, nil
}
