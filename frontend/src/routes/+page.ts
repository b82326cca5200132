export const load = () => ({ title: 'Terminal' });
