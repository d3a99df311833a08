// "Now", as an argument: rules and stores never ask the machine.
export type Clock = () => Date;

export const systemClock: Clock = () => new Date();
