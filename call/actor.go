package call

import "fmt"

// Role is what an actor may do; each includes those below it.
type Role string

// The roles, lowest first.
const (
	RoleAttendant  Role = "attendant"
	RoleSupervisor Role = "supervisor"
	RoleManager    Role = "manager"
	RoleOwner      Role = "owner"
)

// Roles lists all roles, lowest first.
func Roles() []Role { return []Role{RoleAttendant, RoleSupervisor, RoleManager, RoleOwner} }

// rank is 0 for what is no role at all.
func (r Role) rank() int {
	for i, known := range Roles() {
		if r == known {
			return i + 1
		}
	}
	return 0
}

// Valid reports whether r is one of the four roles.
func (r Role) Valid() bool { return r.rank() > 0 }

// AtLeast reports whether r includes lowest. An unknown role includes nothing and is included by none.
func (r Role) AtLeast(lowest Role) bool {
	return r.Valid() && lowest.Valid() && r.rank() >= lowest.rank()
}

// Actor is who acts: a user of one tenant. Customers have no account and are no actors.
type Actor struct {
	Tenant string
	ID     string
	Name   string // display name; copied onto calls and notes
	Role   Role
}

// Require returns an error that Is [ErrForbidden] unless a's role includes lowest.
func (a Actor) Require(lowest Role) error {
	if a.Role.AtLeast(lowest) {
		return nil
	}
	return fmt.Errorf("%w: it takes the role %s", ErrForbidden, lowest)
}
