Console.WriteLine("apex");
