/** Begins the line of standard error in which a submission's process says why it goes no further. It explains only. */
export const REFUSED = 'tcblab-refused: ';
