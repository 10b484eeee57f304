package callindex

// pageBits is the binary logarithm of a page's length.
const pageBits = 12

// column is a list that grows by pages: none of what is there is copied when it has become long.
type column[T any] struct {
	pages  [][]T
	length int
}

func (c *column[T]) at(i uint32) *T { return &c.pages[i>>pageBits][i&(1<<pageBits-1)] }

// add appends v. The first page grows as a slice does, for most tenants have few calls.
func (c *column[T]) add(v T) {
	if c.length&(1<<pageBits-1) == 0 {
		var page []T
		if c.length > 0 {
			page = make([]T, 0, 1<<pageBits)
		}
		c.pages = append(c.pages, page)
	}
	last := len(c.pages) - 1
	c.pages[last] = append(c.pages[last], v)
	c.length++
}
