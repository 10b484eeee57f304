package call

import (
	"errors"
	"fmt"
)

// The errors of this package that a caller may want to tell apart with [errors.Is].
var (
	// ErrNotFound: no such call in the tenant, or an id that no call can have.
	ErrNotFound = errors.New("call not found")
	// ErrForbidden: the actor's role does not allow it.
	ErrForbidden = errors.New("forbidden")
	// ErrRefused: the call's state does not allow it. Every *[TransitionError] is one.
	ErrRefused = errors.New("not possible in this state")
	// ErrQueueFull: the department's queue holds as many calls as the tenant's limit allows.
	ErrQueueFull = errors.New("the queue is full")
	// ErrRated: the call has been evaluated before.
	ErrRated = errors.New("the call has already been evaluated")

	// ErrErased: the customer of the call has been erased, and nothing is added to it any more. It is an [ErrRefused].
	ErrErased error = erasedError{}

	// ErrTenantNotFound is what [Tenants] returns for a slug it does not know.
	ErrTenantNotFound = errors.New("tenant not found")
	// ErrUserNotFound is what [Directory] returns for a user it does not know.
	ErrUserNotFound = errors.New("user not found")
	// ErrDepartmentNotFound is what [Directory] returns for a department it does not know.
	ErrDepartmentNotFound = errors.New("department not found")
)

type erasedError struct{}

func (erasedError) Error() string        { return "the customer of this call has been erased" }
func (erasedError) Is(target error) bool { return target == ErrRefused }

// TransitionError says that nothing leads from the call's state by the trigger. The call is unchanged.
type TransitionError struct {
	From    Status
	Trigger Trigger
}

func (e *TransitionError) Error() string {
	return fmt.Sprintf("cannot %s a call that is %s", e.Trigger.verb(), e.From)
}

// Is makes every TransitionError an [ErrRefused].
func (e *TransitionError) Is(target error) bool { return target == ErrRefused }
