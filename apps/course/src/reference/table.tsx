/** A table of a page: it scrolls sideways where there is little room, by keyboard too. */
import type { ComponentProps, ReactNode } from 'react';

export function Table(props: ComponentProps<'table'>): ReactNode {
  return <table tabIndex={0} {...props} />;
}
